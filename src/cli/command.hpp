// SPDX-License-Identifier: Apache-2.0
// A subcommand as a value: what the command line, its help and the shell's completion know of it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "result/exit_code.hpp"

namespace CLI {
class App;
}

namespace peerbench::cli {

/// A command whose arguments have been read and found to go together.
struct Task {
  std::string simulate;  ///< the simulated machine that it runs on; empty: this machine, or none
  std::function<Expected<int>()> run;  ///< returns the exit code
};

/// Looks at what was parsed as a whole: refuses what does not go together, else says what to do.
using Finish = std::function<Expected<Task>()>;

/// An option that a command does not have although somebody may look for it, and what to do
/// instead. Any other is refused with the command it belongs to.
struct Refusal {
  std::string option;
  std::string advice;
};

/// One row of commands(), and one file.
struct Command {
  std::string name;
  std::string summary;  ///< one line of at most 54 columns
  /// Adds its options, which CLI11 fills in while it parses.
  Finish (*add_options)(CLI::App& app) = nullptr;
  /// Whole command lines. That of an option which somebody tried elsewhere is shown to them.
  std::vector<std::string> examples;
  /// Those that it can end with; a command line that is refused (64) and a bug (70) go without
  /// saying.
  std::vector<result::ExitCode> exit_codes;
  std::string notes = {};  ///< what the help says below the options; lines of at most 80 columns
  std::vector<Refusal> refusals = {};
};

/// A command line that asks for what cannot be had, as an error.
inline tl::unexpected<Error> refuse(std::string why) {
  return fail(ErrorKind::usage, std::move(why));
}

/// All of them, in the order of the help. The first runs when none is named.
const std::vector<Command>& commands();

}  // namespace peerbench::cli
