// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace peerbench::cli {

namespace {

using result::ExitCode;

/// CLI11's own layout, with nothing but its type behind an option: that a variable stands for it is
/// said once, below.
class Formatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_items_expected_max() == 0) return {};
    const bool several = option->get_expected_max() == CLI::detail::expected_max_vector_size &&
                         option->get_allow_extra_args();
    const std::string& type = option->get_type_name();
    return fmt::format("{}{}{}", type.empty() ? "" : " ", type, several ? " ..." : "");
  }

  /// Options out of the help are a group, too, of which CLI11 prints the line feed.
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::string text = CLI::Formatter::make_help(app, std::move(name), mode);
    if (const auto at = text.find("\n\n\n"); at != std::string::npos) text.erase(at, 1);
    return text;
  }
};

std::string examples(const std::vector<std::string>& lines) {
  std::string text = "Examples:\n";
  for (const std::string& line : lines) text += fmt::format("  {}\n", line);
  return text;
}

std::string exit_codes(std::vector<ExitCode> codes) {
  codes.insert(codes.end(), {ExitCode::usage, ExitCode::internal});
  std::ranges::sort(codes);
  codes.erase(std::ranges::unique(codes).begin(), codes.end());
  std::string text = "Exit codes:\n";
  for (const ExitCode code : codes) {
    text += fmt::format("  {:<4}{}\n", static_cast<int>(code), meaning(code));
  }
  return text;
}

/// What stands for options that are not given; nothing for a command that has none of them.
std::string elsewhere(const Subcommand& subcommand) {
  std::vector<std::string> names;
  for (const Variable& variable : variables()) {
    if (subcommand.option(variable.option) != nullptr) names.emplace_back(variable.name);
  }
  if (names.empty()) return {};
  // The three longest fit one line.
  const std::size_t half = std::min<std::size_t>(names.size(), 3);
  return fmt::format(
      "Options not given may come from --config FILE or the environment:\n{}{}{}.\n\n",
      fmt::join(names.begin(), names.begin() + half, ", "), half < names.size() ? ",\n" : "",
      fmt::join(names.begin() + half, names.end(), ", "));
}

}  // namespace

const char* meaning(ExitCode code) {
  switch (code) {
    case ExitCode::good:
      return "good";
    case ExitCode::check_failed:
      return "a check failed";
    case ExitCode::corrupt:
      return "corrupt data";
    case ExitCode::hang:
      return "hang";
    case ExitCode::cannot_tell:
      return "cannot tell";
    case ExitCode::some_failed:
      return "some cells failed";
    case ExitCode::usage:
      return "usage";
    case ExitCode::internal:
      return "internal error, or nothing but errors";
    case ExitCode::io:
      return "a file could not be read or written";
    case ExitCode::nothing_to_measure:
      return "nothing to measure here";
    case ExitCode::interrupted:
      return "interrupted (Ctrl-C)";
    case ExitCode::terminated:
      return "terminated (SIGTERM)";
  }
  return "unknown";
}

std::shared_ptr<CLI::Formatter> help_formatter() {
  auto formatter = std::make_shared<Formatter>();
  formatter->column_width(26);
  formatter->label("SUBCOMMAND", "COMMAND");
  formatter->label("Positionals", "Arguments");
  return formatter;
}

std::string help_footer(const Subcommand& subcommand) {
  const Command& row = *subcommand.row;
  const std::string notes = row.notes.empty() ? "" : row.notes + "\n\n";
  std::string text =
      notes + elsewhere(subcommand) + examples(row.examples) + "\n" + exit_codes(row.exit_codes);
  text.pop_back();  // CLI11 ends it with a line feed of its own
  return text;
}

std::string help_footer(const CommandLine& line) {
  std::vector<std::string> lines;
  std::vector<ExitCode> codes;
  for (const Subcommand& one : line.subcommands) {
    lines.push_back(one.row->examples.front());
    codes.insert(codes.end(), one.row->exit_codes.begin(), one.row->exit_codes.end());
  }
  std::string text = fmt::format(
      "Without a command it is {0}: peerbench {0} --help lists the options of that.\n"
      "Options stand before or after their command.\n\n",
      line.standard().row->name);
  text += examples(lines) + "\n" + exit_codes(codes);
  text.pop_back();
  return text;
}

}  // namespace peerbench::cli
