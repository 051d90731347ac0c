// SPDX-License-Identifier: Apache-2.0
#include "measure/fit.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace peerbench::measure {

namespace {

bool enough(std::span<const SizePoint> points) {
  std::set<double> sizes;
  for (const SizePoint& point : points) {
    if (!(point.bytes > 0 && point.seconds > 0)) return false;
    sizes.insert(point.bytes);
  }
  return sizes.size() >= fewest_sizes;
}

}  // namespace

std::optional<LatencyRate> fit_latency_and_rate(std::span<const SizePoint> points) {
  if (!enough(points)) return std::nullopt;
  // With x = 1 / t and y = n / t, minimise the sum of (1 - a x - c y)^2, where c = 1 / b. Scaled to
  // the mean of each, since seconds and bytes lie many orders apart.
  double x_scale = 0, y_scale = 0;
  for (const SizePoint& point : points) {
    x_scale += 1 / point.seconds;
    y_scale += point.bytes / point.seconds;
  }
  double xx = 0, xy = 0, yy = 0, x1 = 0, y1 = 0;
  for (const SizePoint& point : points) {
    const double x = 1 / point.seconds / x_scale;
    const double y = point.bytes / point.seconds / y_scale;
    xx += x * x;
    xy += x * y;
    yy += y * y;
    x1 += x;
    y1 += y;
  }
  const double determinant = xx * yy - xy * xy;
  double a = (x1 * yy - y1 * xy) / determinant;
  double c = (y1 * xx - x1 * xy) / determinant;
  if (!(a > 0)) {
    a = 0;
    c = y1 / yy;
  }
  if (!(c > 0) || !std::isfinite(a)) return std::nullopt;

  LatencyRate fit;
  fit.latency_seconds = a / x_scale;
  fit.bytes_per_second = y_scale / c;
  fit.half_rate_bytes = fit.latency_seconds * fit.bytes_per_second;
  for (const SizePoint& point : points) {
    const double expected = fit.latency_seconds + point.bytes / fit.bytes_per_second;
    fit.largest_residual =
        std::max(fit.largest_residual, std::abs(point.seconds - expected) / point.seconds);
  }
  return fit;
}

}  // namespace peerbench::measure
