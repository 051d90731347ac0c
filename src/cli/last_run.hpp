// SPDX-License-Identifier: Apache-2.0
// The last run of this user, kept so that `peerbench report` shows more of it without measuring
// again.
#pragma once

#include <string>

#include "base/error.hpp"
#include "result/run.hpp"

namespace peerbench::cli {

/// $XDG_STATE_HOME/peerbench/last.json, by default $HOME/.local/state/peerbench/last.json; empty
/// where neither variable is set.
std::string last_run_path();

/// Keeps the run in place of the one before; false where there is no place for it. Its GPUs' UUIDs
/// are left out. ErrorKind::io: it cannot be written there.
Expected<bool> keep_last_run(const result::Run& run);

/// ErrorKind::io: none was kept, or it cannot be read.
Expected<result::Run> last_run();

}  // namespace peerbench::cli
