// SPDX-License-Identifier: Apache-2.0
// Whether a run is slower than an earlier one of the same machine (`peerbench check RESULT
// --baseline FILE`): a pure function of the two.
#pragma once

#include <string>

#include "result/run.hpp"

namespace peerbench::judge {

/// 5 %: more than the medians of a healthy link move between runs, less than one lane or link lost.
inline constexpr double default_max_drop = 0.05;

/// A cell of both runs has regressed when both hold:
/// - its median is worse by more than `max_drop` of the baseline's (a rate is lower, a time
/// higher);
/// - the samples support it: the 95 % intervals of the two medians (order statistics,
///   measure::median_interval) do not overlap. Fewer than 6 samples give no interval; a drop that
///   large cannot be told then.
/// So has one that the baseline measured and that now fails or is not possible.
///
/// Not met: a cell has regressed. Cannot tell: the two were not measured alike (judge::unlike; the
/// reason says so first), no cell is in both, or of some cells it cannot be told (few samples,
/// other sizes or threads). Cells of one run only are listed. `name`: what to call the baseline.
result::Check check_baseline(const result::Run& run, const result::Run& baseline,
                             const std::string& name, double max_drop = default_max_drop);

}  // namespace peerbench::judge
