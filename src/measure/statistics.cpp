// SPDX-License-Identifier: Apache-2.0
#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace peerbench::measure {
namespace {

std::vector<double> sorted_copy(std::span<const double> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

double percentile(std::span<const double> sorted, double fraction) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double position = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double part = position - static_cast<double>(below);
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

Summary summarize(std::span<const double> samples) {
  const std::vector<double> sorted = sorted_copy(samples);
  Summary summary{.n = static_cast<int>(sorted.size()),
                  .median = percentile(sorted, 0.5),
                  .min = percentile(sorted, 0),
                  .max = percentile(sorted, 1),
                  .p05 = percentile(sorted, 0.05),
                  .p95 = percentile(sorted, 0.95),
                  .cv = 0};
  const double n = summary.n;
  if (summary.n == 0) summary.cv = std::numeric_limits<double>::quiet_NaN();
  if (summary.n < 2) return summary;

  const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / n;
  double squares = 0;
  for (const double value : sorted) squares += (value - mean) * (value - mean);
  summary.cv = squares == 0 ? 0 : std::sqrt(squares / (n - 1)) / mean;
  return summary;
}

int median_interval_rank(int n) {
  if (n < fewest_for_interval) return 0;
  if (n > 70) {
    // n/2 less 1.96 standard deviations of Binomial(n, 1/2), which are sqrt(n)/2 each.
    return static_cast<int>(std::floor((n - 1.959963985 * std::sqrt(n)) / 2));
  }
  double term = std::ldexp(1.0, -n);  // P(X = 0); each next one is (n - k) / (k + 1) times it
  double below = 0;                   // P(X < k)
  int k = 0;
  while (below + term <= 0.025) {
    below += term;
    term *= static_cast<double>(n - k) / (k + 1);
    ++k;
  }
  return k;
}

std::optional<Interval> median_interval(std::span<const double> samples) {
  const auto k = static_cast<std::size_t>(median_interval_rank(static_cast<int>(samples.size())));
  if (k == 0) return std::nullopt;
  const std::vector<double> sorted = sorted_copy(samples);
  const double median = percentile(sorted, 0.5);
  Interval interval{.low = sorted[k - 1], .high = sorted[sorted.size() - k]};
  interval.relative_half_width =
      median == 0 ? std::numeric_limits<double>::infinity()
                  : std::max(interval.high - median, median - interval.low) / std::abs(median);
  return interval;
}

}  // namespace peerbench::measure
