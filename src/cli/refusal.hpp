// SPDX-License-Identifier: Apache-2.0
// The words for arguments that a command does not take: where they belong, or what was meant.
#pragma once

#include <string>

#include "base/error.hpp"
#include "cli/command_line.hpp"

namespace peerbench::cli {

/// `name` ("--baseline") is no option of `command`.
Error unknown_option(const CommandLine& line, const Subcommand& command, const std::string& name);

/// `word` is neither an option nor one of the arguments of `command`; nor is it the name of a
/// command, where `named` says that none stands elsewhere.
Error unknown_word(const CommandLine& line, const Subcommand& command, bool named,
                   const std::string& word);

}  // namespace peerbench::cli
