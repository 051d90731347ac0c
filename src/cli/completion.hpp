// SPDX-License-Identifier: Apache-2.0
// Scripts that teach shells the command line. All of it comes from its definition, and nothing is
// asked of the program while somebody types.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace peerbench::cli {

/// An option as shells see it; of one name all commands have the same.
struct CompletedOption {
  std::string name;  ///< "--format"
  std::string description;
  bool takes_value = false;
  bool takes_file = false;           ///< its value may be the name of a file
  std::vector<std::string> choices;  ///< its value may be one of these; empty: not known
};

/// Of one command, then those that all have.
std::vector<CompletedOption> completed_options(const CommandLine& line, const Subcommand& command);

/// Of all commands, each name once.
std::vector<CompletedOption> completed_options(const CommandLine& line);

/// Whether the command takes files beside its options.
bool takes_files(const Subcommand& command);

// One file each.
std::string bash_completion(const CommandLine& line);
std::string zsh_completion(const CommandLine& line);
std::string fish_completion(const CommandLine& line);

}  // namespace peerbench::cli
