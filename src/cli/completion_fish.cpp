// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.hpp"

namespace peerbench::cli {

namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') out += '\\';
    out += letter;
  }
  return out + "'";
}

/// One line; `when` is a condition of fish.
std::string option_line(const CompletedOption& option, const std::string& when) {
  std::string text = fmt::format("complete -c peerbench -n {} -l {} -d {}", quoted(when),
                                 option.name.substr(2), quoted(option.description));
  if (!option.takes_value) return text + "\n";
  text += option.takes_file ? " -r -F" : " -x";
  if (!option.choices.empty()) {
    text += " -a " + quoted(fmt::format("{}", fmt::join(option.choices, " ")));
  }
  return text + "\n";
}

}  // namespace

std::string fish_completion(const CommandLine& line) {
  const std::string any = fmt::format("{}", fmt::join(line.names(), " "));
  const std::string none = "not __fish_seen_subcommand_from " + any;
  std::string text =
      "# fish completion of peerbench: peerbench completions fish | source\n"
      "complete -c peerbench -f\n";
  for (const Subcommand& command : line.subcommands) {
    text += fmt::format("complete -c peerbench -n {} -a {} -d {}\n", quoted(none),
                        command.row->name, quoted(command.row->summary));
  }
  for (const CompletedOption& option : completed_options(line, line.standard())) {
    text += option_line(option, none);
  }
  text += fmt::format("complete -c peerbench -n {} -l version -d {}\n", quoted(none),
                      quoted(line.app.get_option("--version")->get_description()));
  for (const Subcommand& command : line.subcommands) {
    const std::string when = "__fish_seen_subcommand_from " + command.row->name;
    for (const CompletedOption& option : completed_options(line, command)) {
      text += option_line(option, when);
    }
    if (takes_files(command)) {
      text += fmt::format("complete -c peerbench -n {} -F\n", quoted(when));
    }
  }
  return text;
}

}  // namespace peerbench::cli
