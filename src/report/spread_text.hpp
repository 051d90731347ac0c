// SPDX-License-Identifier: Apache-2.0
// Rates of several things alike, as people read them. Private to this module.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/numbers.hpp"
#include "result/conclusion.hpp"

namespace peerbench::report {

/// "386-387", or once where both read alike: "50.9".
inline std::string spread_text(double low, double high) {
  const std::string first = format_rate(low), last = format_rate(high);
  return first == last ? first : fmt::format("{}-{}", first, last);
}

/// The same of a spread; "-" where nothing was measured.
inline std::string range_text(const std::optional<result::Spread>& spread) {
  return spread ? spread_text(spread->low, spread->high) : "-";
}

}  // namespace peerbench::report
