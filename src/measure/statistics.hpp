// SPDX-License-Identifier: Apache-2.0
// Statistics of one cell's samples: all of them robust against outliers or plainly descriptive.
// Percentiles and the interval of the median are defined here once; tables only print them.
#pragma once

#include <optional>
#include <span>

namespace peerbench::measure {

/// In the unit of the samples, except `n` and `cv`. With no samples at all every figure is NaN: not
/// measured is never 0.
struct Summary {
  int n = 0;
  double median = 0;
  double min = 0;
  double max = 0;
  double p05 = 0;  ///< 5th percentile
  double p95 = 0;
  double cv = 0;  ///< sample standard deviation (n - 1) over the mean; 0 for one sample
};

/// Value at `fraction` (0 to 1) of `sorted` values, at position fraction * (n - 1) with linear
/// interpolation between neighbours (Hyndman and Fan's type 7, the default of R and NumPy).
/// NaN when `sorted` is empty.
double percentile(std::span<const double> sorted, double fraction);

/// Summary of samples in any order.
Summary summarize(std::span<const double> samples);

/// A range that covers the median of what is sampled, whatever its distribution.
struct Interval {
  double low = 0;
  double high = 0;
  /// The larger distance from the samples' median to an end, over that median; infinite when the
  /// median is 0.
  double relative_half_width = 0;
};

/// Fewest samples that give a 95 % interval: 1 - 2 * 0.5^n >= 0.95.
inline constexpr int fewest_for_interval = 6;

/// Rank k, counted from 1, for which [x_k, x_(n+1-k)] of n sorted samples covers the median with at
/// least 95 %: the largest k with P(Binomial(n, 1/2) < k) <= 2.5 %. Exact up to n = 70, by the
/// normal approximation beyond. 0 when n is too small.
int median_interval_rank(int n);

/// 95 % interval of the median from order statistics. None for fewer than `fewest_for_interval`
/// samples.
std::optional<Interval> median_interval(std::span<const double> samples);

}  // namespace peerbench::measure
