// SPDX-License-Identifier: Apache-2.0
// What the pairs of some GPUs deliver, one way. Private to this module.
#pragma once

#include <optional>
#include <vector>

#include "result/run.hpp"

namespace peerbench::judge {

/// Directly is with peer access, staged without.
enum class PairWay { direct, staged };

/// The best one-way rate that was measured between any two of these GPUs, the slowest ordered
/// pair's, in GB/s; none where a pair was not measured that way.
std::optional<double> slowest_pair_gbs(const result::Run& run, const std::vector<int>& gpus,
                                       PairWay way);

}  // namespace peerbench::judge
