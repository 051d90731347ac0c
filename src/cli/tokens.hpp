// SPDX-License-Identifier: Apache-2.0
// Arguments told apart before CLI11 sees them, so that a command may stand anywhere among them.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace peerbench::cli {

struct Token {
  enum class Kind { option, value, word };

  Kind kind = Kind::word;
  std::string text;    ///< as typed
  std::string option;  ///< of an option: its name alone, "--budget"
};

/// `value` is what follows an option that takes one, whatever it looks like. After "--" all are
/// words; it is one itself.
std::vector<Token> tokens(const CommandLine& line, const std::vector<std::string>& arguments);

}  // namespace peerbench::cli
