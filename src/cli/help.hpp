// SPDX-License-Identifier: Apache-2.0
// What --help says beside the options: notes, examples, exit codes. 80 columns.
#pragma once

#include <memory>
#include <string>

#include "cli/command_line.hpp"

namespace peerbench::cli {

/// Lays options out in 80 columns, in the words of this program.
std::shared_ptr<CLI::Formatter> help_formatter();

/// Below the options of one command.
std::string help_footer(const Subcommand& subcommand);

/// Below the list of commands.
std::string help_footer(const CommandLine& line);

/// "a file could not be read or written"; of a code that scripts may see.
const char* meaning(result::ExitCode code);

}  // namespace peerbench::cli
