// SPDX-License-Identifier: Apache-2.0
// Cells in the words of reasons and evidence. Private to this module.
#pragma once

#include <string>
#include <vector>

#include "result/run.hpp"

namespace peerbench::judge {

/// "38.21 GB/s" of a cell with a median; its status in words where it has none.
std::string describe_figure(const result::Cell& cell);

/// Corrupt, hang or error: it was tried, and there is no figure.
bool failed(const result::Cell& cell);

/// A direct copy of a pair whose peer access CUDA had offered and then could not enable.
bool not_enabled(const result::Cell& cell);

/// True where more of the cell's unit is worse: a time.
bool smaller_is_better(const result::Cell& cell);

/// Adds `lines` to the evidence, the first `most` of them and then how many more there are.
void add_some(const std::vector<machine::Evidence>& lines, std::size_t most, const char* what,
              std::vector<machine::Evidence>& evidence);

/// What to do where a time limit left cells out.
inline constexpr const char* more_time =
    "measure again with a longer --time-limit, or choose what matters with --filter";

}  // namespace peerbench::judge
