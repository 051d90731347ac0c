// SPDX-License-Identifier: Apache-2.0
#include "judge/spread.hpp"

#include <algorithm>

#include "measure/statistics.hpp"

namespace peerbench::judge {

std::optional<result::Spread> spread_of(std::span<const double> figures) {
  if (figures.empty()) return std::nullopt;
  const auto [low, high] = std::ranges::minmax(figures);
  return result::Spread{low, measure::summarize(figures).median, high};
}

}  // namespace peerbench::judge
