// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace peerbench {
namespace {

constexpr const char* not_measured = "-";

std::string significant(double value, int digits) {
  if (value == 0) return "0";
  // Rounded first: 99.96 with three digits has to become 100, not 100.0.
  const std::string rounded = fmt::format("{:.{}e}", value, digits - 1);
  const int exponent = std::stoi(rounded.substr(rounded.find('e') + 1));
  return fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent));
}

}  // namespace

std::string format_rate(std::optional<double> rate) {
  if (!rate || !std::isfinite(*rate)) return not_measured;
  return significant(*rate, 3);
}

std::string format_us(std::optional<double> us) {
  if (!us) return "-";
  return *us < 1000 ? format_rate(us) + " us" : format_rate(*us / 1000) + " ms";
}

std::string format_duration(double seconds) {
  if (seconds < 1) return "under 1 s";
  if (seconds < 9.5) return fmt::format("{:.0f} s", seconds);
  if (seconds < 87.5) return fmt::format("{:.0f} s", std::round(seconds / 5) * 5);
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string format_precise(double rate) {
  if (!std::isfinite(rate)) return not_measured;
  std::string digits = significant(rate, 4);
  if (digits.find('.') == std::string::npos) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

std::string format_range(std::optional<double> low, std::optional<double> high) {
  if (!low || !high) return not_measured;
  return fmt::format("{}-{}", significant(*low, 4), significant(*high, 4));
}

std::string format_share(std::optional<double> share) {
  return share ? fmt::format("{:.0f} %", *share * 100) : not_measured;
}

std::string format_cv(std::optional<double> cv) {
  if (!cv) return not_measured;
  const double percent = *cv * 100;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return fmt::format("{:.{}f} %", percent, percent < 9.95 ? 1 : 0);
}

std::string format_ratio(std::optional<double> rate, std::optional<double> base) {
  if (!rate || !base || !(*base > 0)) return not_measured;
  const double ratio = *rate / *base;
  return fmt::format("{:.{}f}x", ratio, ratio < 0.95 ? 2 : ratio < 99.5 ? 1 : 0);
}

}  // namespace peerbench
