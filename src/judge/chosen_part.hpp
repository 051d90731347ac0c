// SPDX-License-Identifier: Apache-2.0
// What of a run is about the GPUs and pairs that somebody chose, so that a check looks at those
// alone.
#pragma once

#include <set>

#include "result/run.hpp"

namespace peerbench::judge {

/// The GPUs that a cell needs, as its key and its flows name them.
std::set<int> gpus_of(const result::Cell& cell);

/// The run as one of the GPUs in `chosen.gpus` and the pairs in `chosen.pairs` alone, whichever of
/// them is given: GPUs (of pairs their ends), links, pools, cells and findings of others are left
/// out, and what is about more GPUs than a pair, where pairs are chosen. What is about no GPU
/// stays. Its settings say what was chosen.
result::Run chosen_part(result::Run run, const result::Settings& chosen);

}  // namespace peerbench::judge
