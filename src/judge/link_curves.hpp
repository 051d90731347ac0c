// Which cells of a run say how long a split model's messages take between its cards.
#pragma once

#include <string>

#include "judge/time_curve.hpp"
#include "result/estimate.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

struct LinkCurves {
  /// Each of the cards sends `bytes` to every other at once (two cards: both ways at once).
  TimeCurve exchange;
  /// An all-reduce of `bytes` in two rounds: each card its parts to the others, and the sums back.
  TimeCurve in_parts;
  /// One card sends to the next; of all neighbours the slowest.
  TimeCurve one_way;
  /// NCCL's own all-reduce of `bytes` over these cards.
  TimeCurve all_reduce;
  std::string refused;  ///< why the first cell of this way that failed did
  std::string wire;     ///< what carried the bytes, where one word says it of all cells
};

/// Of the first `cards` GPUs of the run, over `way`. Where a run has no messages of its own (family
/// "split"), the start of small exchanges is that of a small one-way copy, once for each other
/// card: nothing smaller runs both ways there. NCCL's operations are those that the host launches.
LinkCurves link_curves(const result::Run& run, int cards, result::LinkWay way);

/// Of NCCL's operations in replayed graphs.
LinkCurves graph_curves(const result::Run& run, int cards);

}  // namespace peerbench::judge
