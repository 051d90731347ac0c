// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <algorithm>

#include "cli/simulate.hpp"
#include "report/render.hpp"
#include "result/model.hpp"

namespace peerbench::cli {

namespace {

std::vector<std::string> choices_of(const std::string& option) {
  std::vector<std::string> names;
  if (option == "--format") {
    using report::Format;
    for (const auto format : {Format::terminal, Format::markdown, Format::csv, Format::json}) {
      names.emplace_back(report::name(format));
    }
  } else if (option == "--color") {
    names = {"auto", "always", "never"};
  } else if (option == "--simulate") {
    const auto machines = simulated_machines();
    if (!machines) return {};  // files may still be named
    for (const SimulatedMachine& machine : *machines) names.push_back(machine.name);
  } else if (option == "--model") {
    for (const result::Model& model : result::known_models()) names.push_back(model.name);
  }
  return names;
}

bool is_file(const std::string& type) {
  return std::ranges::any_of(std::vector<std::string>{"FILE", "RESULT", "PATH"},
                             [&](const auto& word) { return type.find(word) != type.npos; });
}

CompletedOption completed(const CLI::Option& option, const std::string& name) {
  const bool takes_value = option.get_items_expected_min() > 0;
  return {.name = name,
          .description = option.get_description(),
          .takes_value = takes_value,
          .takes_file = takes_value && is_file(option.get_type_name()),
          .choices = choices_of(name)};
}

}  // namespace

std::vector<CompletedOption> completed_options(const CommandLine& line, const Subcommand& command) {
  std::vector<CompletedOption> options;
  for (const std::string& name : command.option_names()) {
    options.push_back(completed(*command.option(name), name));
  }
  options.push_back(completed(*line.app.get_config_ptr(), "--config"));
  return options;
}

std::vector<CompletedOption> completed_options(const CommandLine& line) {
  std::vector<CompletedOption> all;
  for (const Subcommand& command : line.subcommands) {
    for (CompletedOption& option : completed_options(line, command)) {
      if (std::ranges::count(all, option.name, &CompletedOption::name) == 0) {
        all.push_back(std::move(option));
      }
    }
  }
  return all;
}

bool takes_files(const Subcommand& command) {
  return std::ranges::any_of(command.app->get_options(), [](const CLI::Option* option) {
    return option->get_positional() && is_file(option->get_name(true));
  });
}

}  // namespace peerbench::cli
