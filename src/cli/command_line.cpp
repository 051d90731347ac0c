// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <algorithm>

#include "cli/help.hpp"
#include "cli/version.hpp"

namespace peerbench::cli {

const std::vector<Variable>& variables() {
  static const std::vector<Variable> all = {{"--budget", "PEERBENCH_BUDGET"},
                                            {"--format", "PEERBENCH_FORMAT"},
                                            {"--keep", "PEERBENCH_KEEP"},
                                            {"--output", "PEERBENCH_OUTPUT"},
                                            {"--precision", "PEERBENCH_PRECISION"}};
  return all;
}

const CLI::Option* Subcommand::option(const std::string& name) const {
  return app->get_option_no_throw(name);
}

std::vector<std::string> Subcommand::option_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_group().empty()) continue;  // not in the help
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

CommandLine::CommandLine()
    : app("Measures how fast GPUs talk to each other: NVLink, PCIe and the way through\n"
          "host memory; and a machine's memory pools, with or without a GPU.",
          "peerbench") {
  app.formatter(help_formatter());
  app.fallthrough();  // the three that follow are known after a command, too
  app.set_help_flag("-h,--help", "Print this help; after a command, that of the command");
  app.set_version_flag("--version", version_line(), "Print the version");
  app.set_config("--config", "", "Take options from a file (TOML)")->type_name("FILE");
  app.require_subcommand(0, 1);
  app.allow_extras();  // collected, to refuse them in our own words
  for (const Command& row : commands()) {
    CLI::App* subcommand = app.add_subcommand(row.name, row.summary)->group("Commands");
    subcommand->set_help_flag("-h,--help", "Print this help");
    subcommands.push_back({&row, subcommand, row.add_options(*subcommand)});
  }
  for (const Subcommand& one : subcommands) one.app->footer(help_footer(one));
  app.footer(help_footer(*this));
}

const Subcommand* CommandLine::find(const std::string& command) const {
  const auto found = std::ranges::find_if(
      subcommands, [&](const Subcommand& one) { return one.row->name == command; });
  return found == subcommands.end() ? nullptr : &*found;
}

bool CommandLine::takes_value(const std::string& option) const {
  const auto takes = [](const CLI::Option* one) {
    return one != nullptr && one->get_items_expected_min() > 0;
  };
  return takes(app.get_option_no_throw(option)) ||
         std::ranges::any_of(subcommands,
                             [&](const Subcommand& one) { return takes(one.option(option)); });
}

std::vector<std::string> CommandLine::names() const {
  std::vector<std::string> all;
  for (const Subcommand& one : subcommands) all.push_back(one.row->name);
  return all;
}

}  // namespace peerbench::cli
