// SPDX-License-Identifier: Apache-2.0
// Several results side by side (`peerbench compare`): a pure function of the runs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "result/comparison.hpp"

namespace peerbench::judge {

/// Matches the cells of `runs` (two or more, which must outlive the result) and sets each in
/// proportion to the first run's. Cells match by name; where each run has a name's measurement at
/// exactly one size (or number of threads), those may differ. `files`: what the runs are called.
result::Comparison compare(std::span<const result::Run> runs, std::vector<std::string> files);

}  // namespace peerbench::judge
