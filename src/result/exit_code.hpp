// SPDX-License-Identifier: Apache-2.0
// What the program tells the shell: the exit codes of design section 6, as a pure function of a
// run or of an error. A script can rely on them; they change only by adding.
#pragma once

#include "base/error.hpp"
#include "result/run.hpp"

namespace peerbench::result {

enum class ExitCode : int {
  good = 0,
  check_failed = 1,
  corrupt = 2,
  hang = 3,
  cannot_tell = 4,
  some_failed = 5,  ///< some cells ended with an error, others were measured
  usage = 64,
  internal = 70,  ///< a bug, or a run of nothing but error cells
  io = 74,        ///< a file could not be read or written
  nothing_to_measure = 77,
  interrupted = 130,  ///< 128 + SIGINT: Ctrl-C ended the run early
  terminated = 143,   ///< 128 + SIGTERM
};

/// The code of a run. One that a signal ended says so, as shells do. Else, when several apply, the
/// most serious wins: corrupt, hang, what its checks came to, some cells failed, errors without one
/// good figure, nothing measured. A low verdict does not fail a run: whether a rate is enough is
/// what checks ask.
ExitCode exit_code(const Run& run);

/// The code of what was required: not met before cannot tell, good only when all of it is met.
ExitCode exit_code(const std::vector<Check>& checks);

/// The code of what was required of a finished run: corrupt and hang cells are more serious than
/// any check, whatever it was about, and failed ones show where all checks are met.
ExitCode exit_code_of_checks(const Run& run);

/// The code of a failure that ended the program.
ExitCode exit_code(const Error& error);

}  // namespace peerbench::result
