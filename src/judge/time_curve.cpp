// SPDX-License-Identifier: Apache-2.0
#include "judge/time_curve.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace peerbench::judge {

void TimeCurve::add(Bytes bytes, double seconds, const std::string& cell) {
  const auto at = std::ranges::lower_bound(points_, bytes, {}, &Point::bytes);
  if (at == points_.end() || at->bytes != bytes) {
    points_.insert(at, {bytes, seconds, cell});
  } else if (seconds > at->seconds) {
    *at = {bytes, seconds, cell};
  }
}

std::optional<double> TimeCurve::seconds(Bytes bytes) const {
  const auto after = std::ranges::lower_bound(points_, bytes, {}, &Point::bytes);
  if (after == points_.end()) return {};
  if (after->bytes == bytes) return after->seconds;
  if (after == points_.begin()) return {};
  const Point& before = *std::prev(after);
  const double along =
      static_cast<double>(bytes - before.bytes) / static_cast<double>(after->bytes - before.bytes);
  return before.seconds + along * (after->seconds - before.seconds);
}

void TimeCurve::refuse(Bytes bytes, const std::string& why) { refused_.emplace(bytes, why); }

std::string TimeCurve::source(Bytes bytes) const {
  const auto after = std::ranges::lower_bound(points_, bytes, {}, &Point::bytes);
  if (after != points_.end() && after->bytes == bytes) return after->cell;
  if (const auto same = refused_.find(bytes); same != refused_.end()) return same->second;
  // A lone point is the start of copies that themselves were refused.
  if (points_.size() < 2 && !refused_.empty()) return refused_.begin()->second;
  if (points_.empty()) return "no such messages were measured; peerbench run --model does it";
  if (points_.size() == 1) {
    return fmt::format("of such copies only {} was measured, by {}",
                       format_bytes(points_.front().bytes), points_.front().cell);
  }
  if (after == points_.end() || after == points_.begin()) {
    return fmt::format("{} lies outside of what was measured, {} to {}; run --model measures it",
                       format_bytes(bytes), format_bytes(points_.front().bytes),
                       format_bytes(points_.back().bytes));
  }
  return fmt::format("between {} and {}", std::prev(after)->cell, after->cell);
}

}  // namespace peerbench::judge
