// SPDX-License-Identifier: Apache-2.0
// Which cells of a run say how long a split model's messages take between its GPUs. Private to
// this room.
#pragma once

#include <string>
#include <vector>

#include "judge/time_curve.hpp"
#include "result/estimate.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

struct LinkCurves {
  /// Each of the GPUs sends `bytes` to every other at once (two GPUs: both ways at once).
  TimeCurve exchange;
  /// An all-reduce of `bytes` in two rounds: each GPU its parts to the others, and the sums back.
  TimeCurve in_parts;
  /// From each GPU to the next one, in their order.
  std::vector<TimeCurve> boundaries;
  /// NCCL's own all-reduce of `bytes` over these GPUs.
  TimeCurve all_reduce;
  std::string wire;  ///< what carried the bytes, where one word says it of all cells
};

/// The GPUs that a model is split over: the first `count` of those that the run was about; a
/// single one is the largest of them.
std::vector<int> cards_of_model(const machine::Machine& machine, const result::Settings& settings,
                                int count);

/// Of `cards`, over `way`. Where a run has no messages of its own (family "split"), the start of
/// small exchanges is that of a small one-way copy, once for each other GPU: nothing smaller runs
/// both ways there. NCCL's operations are those that the host launches.
LinkCurves link_curves(const result::Run& run, const std::vector<int>& cards, result::LinkWay way);

/// Of NCCL's operations in replayed graphs.
LinkCurves graph_curves(const result::Run& run, const std::vector<int>& cards);

}  // namespace peerbench::judge
