// SPDX-License-Identifier: Apache-2.0
// Which cells of several runs are the same measurement. Private to this module.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "result/run.hpp"

namespace peerbench::judge {

/// The name without what may follow from the machine: "/bytes:N" and "/threads:N".
std::string stem(const std::string& name);

struct Match {
  std::string name;                        ///< the common name; without sizes where they differ
  std::vector<const result::Cell*> cells;  ///< one a run, null where it has none
};

/// Every cell once, in the order of the runs. Cells match by name; where each run that has a stem
/// has it exactly once, by the stem.
std::vector<Match> match(std::span<const result::Run* const> runs);

}  // namespace peerbench::judge
