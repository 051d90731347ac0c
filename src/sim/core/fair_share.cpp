// SPDX-License-Identifier: Apache-2.0
#include "sim/core/fair_share.hpp"

#include <cstddef>
#include <limits>

namespace gpusim {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double used_up = 1e-12;  // of a capacity: what rounding may leave of a full resource

/// Weight of all flows that still rise, per resource.
std::vector<double> rising_weight(std::span<const Demand> demands, const std::vector<bool>& frozen,
                                  std::size_t resources) {
  std::vector<double> weight(resources, 0);
  for (std::size_t i = 0; i < demands.size(); ++i) {
    if (frozen[i]) continue;
    for (const Use& use : demands[i].uses) {
      weight[static_cast<std::size_t>(use.resource)] += use.weight * demands[i].share;
    }
  }
  return weight;
}

}  // namespace

std::vector<double> max_min_rates(std::span<const Demand> demands,
                                  std::span<const double> capacities) {
  std::vector<double> left(capacities.begin(), capacities.end());
  std::vector<double> rates(demands.size(), infinity);
  std::vector<bool> frozen(demands.size(), false);
  double level = 0;
  for (;;) {
    const std::vector<double> weight = rising_weight(demands, frozen, capacities.size());
    double growth = infinity;
    for (std::size_t r = 0; r < left.size(); ++r) {
      if (weight[r] > 0) growth = std::min(growth, left[r] / weight[r]);
    }
    for (std::size_t i = 0; i < demands.size(); ++i) {
      if (!frozen[i]) growth = std::min(growth, demands[i].cap / demands[i].share - level);
    }
    if (growth == infinity) return rates;  // nobody rises any more, or nothing holds them

    level += growth;
    std::vector<bool> full(left.size(), false);
    for (std::size_t r = 0; r < left.size(); ++r) {
      if (weight[r] <= 0) continue;
      left[r] -= growth * weight[r];
      full[r] = left[r] <= capacities[r] * used_up;
    }
    for (std::size_t i = 0; i < demands.size(); ++i) {
      if (frozen[i]) continue;
      bool stops = demands[i].cap / demands[i].share <= level;
      for (const Use& use : demands[i].uses) {
        stops = stops || (use.weight > 0 && full[static_cast<std::size_t>(use.resource)]);
      }
      if (!stops) continue;
      frozen[i] = true;
      rates[i] = level * demands[i].share;
    }
  }
}

}  // namespace gpusim
