// SPDX-License-Identifier: Apache-2.0
// The definition of the whole command line: commands() and their options, as CLI11 knows them.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace peerbench::cli {

/// The hidden option that takes each --benchmark_* of a command line, whole.
inline constexpr const char* benchmark_option = "--benchmark_";

/// A variable of the environment that stands for an option which is not given.
struct Variable {
  const char* option;
  const char* name;
};

/// PEERBENCH_ and the option's name, of those that a job sets once for all it runs. Others
/// beginning so belong to the scripts and the simulator.
const std::vector<Variable>& variables();

/// A command with its options.
struct Subcommand {
  const Command* row = nullptr;
  CLI::App* app = nullptr;  ///< of CommandLine::app
  Finish finish;

  /// The option of this name ("--budget"), or null.
  const CLI::Option* option(const std::string& name) const;
  /// "--budget" and the like, of options that the help shows.
  std::vector<std::string> option_names() const;
};

class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Null when there is none of this name.
  const Subcommand* find(const std::string& command) const;
  /// The one that runs when none is named.
  const Subcommand& standard() const { return subcommands.front(); }
  /// Whether an option of this name takes a value, whichever command it belongs to.
  bool takes_value(const std::string& option) const;
  /// Names of all commands.
  std::vector<std::string> names() const;

  CLI::App app;
  std::vector<Subcommand> subcommands;
};

}  // namespace peerbench::cli
