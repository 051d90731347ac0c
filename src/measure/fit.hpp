// SPDX-License-Identifier: Apache-2.0
// The line behind a size sweep: a copy of n bytes takes t = a + n / b. What a copy costs before its
// first byte, and how fast the bytes go once they do.
#pragma once

#include <optional>
#include <span>

namespace peerbench::measure {

/// One size of a sweep.
struct SizePoint {
  double bytes = 0;    ///< of one copy
  double seconds = 0;  ///< one copy's duration
};

struct LatencyRate {
  double latency_seconds = 0;   ///< a, never negative
  double bytes_per_second = 0;  ///< b
  double half_rate_bytes = 0;   ///< a * b: a copy of this size reaches half of b (Hockney's n 1/2)
  double largest_residual = 0;  ///< of a point, as a share of its duration
};

/// Fewest different sizes that a fit is made of: two would always fit.
inline constexpr int fewest_sizes = 3;

/// Least squares of the relative residuals (t - a - n / b) / t, so that a size of 4 KiB counts as
/// much as one of 1 GiB. Where that gives a negative start, a is 0 and only b is fitted. None for
/// fewer than `fewest_sizes` different sizes, a point that is not positive, or durations that do
/// not grow with size.
std::optional<LatencyRate> fit_latency_and_rate(std::span<const SizePoint> points);

}  // namespace peerbench::measure
