// SPDX-License-Identifier: Apache-2.0
#include "judge/pair_rates.hpp"

#include <algorithm>

namespace peerbench::judge {

namespace {

using result::Cell;
using result::Kind;

bool goes(const Cell& cell, PairWay way) {
  const bool direct = cell.key.kind == Kind::push || cell.key.kind == Kind::pull;
  return cell.key.family == result::Family::peer && cell.key.shape == result::Shape::uni &&
         (way == PairWay::direct ? direct : cell.key.kind == Kind::staged) &&
         cell.status == result::Status::ok && cell.median;
}

std::optional<double> fastest(const result::Run& run, int from, int to, PairWay way) {
  std::optional<double> best;
  for (const Cell& cell : run.cells) {
    const bool of_these = result::gpu_of(cell.key.source) == from &&
                          result::gpu_of(cell.key.destination) == to && goes(cell, way);
    if (of_these) best = std::max(best.value_or(0), *cell.median);
  }
  return best;
}

}  // namespace

std::optional<double> slowest_pair_gbs(const result::Run& run, const std::vector<int>& gpus,
                                       PairWay way) {
  std::optional<double> slowest;
  for (const int from : gpus) {
    for (const int to : gpus) {
      if (from == to) continue;
      const auto best = fastest(run, from, to, way);
      if (!best) return std::nullopt;
      slowest = std::min(slowest.value_or(*best), *best);
    }
  }
  return slowest;
}

}  // namespace peerbench::judge
