// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <set>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/help.hpp"
#include "cli/version.hpp"

namespace peerbench::cli {

namespace {

/// Text as troff prints it: a hyphen that can be copied, and no line taken for a request.
std::string troff(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    const bool starts_line = out.empty() || out.back() == '\n';
    if (starts_line && (letter == '.' || letter == '\'')) out += "\\&";
    if (letter == '\\') {
      out += "\\e";
    } else if (letter == '-') {
      out += "\\-";
    } else {
      out += letter;
    }
  }
  return out;
}

/// A term and what it means, indented.
std::string entry(const std::string& term, const std::string& meaning) {
  return fmt::format(".TP\n{}\n{}\n", term, troff(meaning));
}

/// Lines as they are.
std::string as_is(const std::string& lines) {
  return fmt::format(".PP\n.nf\n{}\n.fi\n", troff(lines));
}

std::string option_entry(const CLI::Option& option, const std::string& name) {
  const std::string type = option.get_items_expected_max() == 0 || option.get_type_name().empty()
                               ? ""
                               : fmt::format(" \\fI{}\\fR", troff(option.get_type_name()));
  return entry(fmt::format("\\fB{}\\fR{}", troff(name), type), option.get_description());
}

std::string command_section(const Subcommand& command) {
  std::string text = fmt::format(".SS {}\n{}.\n", command.row->name, troff(command.row->summary));
  for (const CLI::Option* option : command.app->get_options()) {
    if (option->get_positional()) {
      text += entry(fmt::format("\\fI{}\\fR", troff(option->get_name(true))),
                    option->get_description());
    }
  }
  for (const std::string& name : command.option_names()) {
    if (name != "--help") text += option_entry(*command.option(name), name);
  }
  if (!command.row->notes.empty()) text += as_is(command.row->notes);
  return text;
}

std::string page(const CommandLine& line) {
  std::string text = fmt::format(
      ".TH PEERBENCH 1 \"\" \"{}\" \"User Commands\"\n"
      ".SH NAME\npeerbench \\- measure how fast GPUs talk to each other\n"
      ".SH SYNOPSIS\n.B peerbench\n[\\fICOMMAND\\fR] [\\fIOPTION\\fR]...\n"
      ".SH DESCRIPTION\n{}\n.PP\nWithout a command it is {}. Options stand before or after their "
      "command.\n",
      troff(version_line()), troff(line.app.get_description()), line.standard().row->name);
  for (const char* name : {"--help", "--version", "--config"}) {
    text += option_entry(*line.app.get_option(name), name);
  }
  std::string examples, variables_text, codes;
  std::set<result::ExitCode> seen{result::ExitCode::usage, result::ExitCode::internal};
  text += ".SH COMMANDS\n";
  for (const Subcommand& command : line.subcommands) {
    text += command_section(command);
    for (const std::string& example : command.row->examples) examples += example + "\n";
    seen.insert(command.row->exit_codes.begin(), command.row->exit_codes.end());
  }
  for (const Variable& variable : variables()) {
    variables_text += entry(fmt::format("\\fB{}\\fR", variable.name),
                            fmt::format("stands for {} where that is not given", variable.option));
  }
  for (const result::ExitCode code : seen) {
    codes += entry(fmt::format("\\fB{}\\fR", static_cast<int>(code)), meaning(code));
  }
  examples.pop_back();
  return text + ".SH ENVIRONMENT\n" + variables_text + ".SH EXIT STATUS\n" + codes +
         ".SH EXAMPLES\n" + as_is(examples);
}

Finish manual_options(CLI::App&) {
  return []() -> Expected<Task> {
    return Task{"", []() -> Expected<int> {
                  fmt::print("{}", page(CommandLine()));
                  return static_cast<int>(result::ExitCode::good);
                }};
  };
}

}  // namespace

Command manual_command() {
  using enum result::ExitCode;
  return {.name = "manual",
          .summary = "Print the manual page, as man reads it",
          .add_options = manual_options,
          .examples = {"peerbench manual | man -l -"},
          .exit_codes = {good}};
}

}  // namespace peerbench::cli
