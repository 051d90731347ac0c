// SPDX-License-Identifier: Apache-2.0
// What is asked of a run: --require, --min, --baseline and --max-drop, of `check` and of `run`
// alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "judge/limits.hpp"
#include "judge/requirements.hpp"
#include "result/exit_code.hpp"
#include "result/run.hpp"

namespace CLI {
class App;
}

namespace peerbench::cli {

struct Demands {
  std::vector<judge::Requirement> requirements;  ///< each once
  std::vector<judge::Limit> limits;
  std::string baseline;            ///< file of an earlier result; empty: none
  std::optional<double> max_drop;  ///< since the baseline; none: the default
};

void add_demand_options(CLI::App& app, Demands& demands);

/// How --require and --min are written, for the help of a command that has them.
inline constexpr const char* demand_notes =
    "--require LIST: nvlink, p2p (on every pair of GPUs), any-nvlink, any-p2p (on at\n"
    "least one), all-links (no NVLink down), healthy (no finding of severity\n"
    "warning or error), no-errors (no cell failed), no-peer-link, unified-pool,\n"
    "gpus=N (at least N); with commas.\n"
    "--min LIMIT: 'peer/*>=45GB/s', 'peer/*>=80%' (of the ceiling),\n"
    "'peer/*>=80%full' (with all NVLinks that are there, up or down) or\n"
    "'latency/*<=20us'; the name may hold *, ? and [..].\n"
    "Both may be given several times.";

/// Whether something is asked of the machine or of its cells.
bool any(const Demands& demands);
/// Whether something is asked of cells, so that there must be a measured run.
bool about_cells(const Demands& demands);

/// The baseline, none where none is asked for: read before anything is measured.
Expected<std::optional<result::Run>> read_baseline(const Demands& demands);

/// Appends to the run's checks what became of each demand, and that the run is unfinished where it
/// is. The baseline goes by its name without folders: those may tell of a user.
void check_demands(const Demands& demands, const std::optional<result::Run>& baseline,
                   result::Run& run);

}  // namespace peerbench::cli
