// SPDX-License-Identifier: Apache-2.0
// The command line as a value: what was asked, checked as far as it can be without a machine.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/command.hpp"

namespace peerbench::cli {

/// What parsing came to: a task, or a text to print (help, version) and be done.
struct Parsed {
  std::string command;
  Task task;
  std::string text;
  bool done = false;
};

/// Parses the arguments after the program's name. Errors are ErrorKind::usage with one sentence,
/// or ErrorKind::io for a --config that cannot be read.
Expected<Parsed> parse(const std::vector<std::string>& arguments);

}  // namespace peerbench::cli
