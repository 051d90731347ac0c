// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string_view>

#include "judge/limits.hpp"

namespace peerbench::judge {

namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

tl::unexpected<Error> refuse(const std::string& text, const std::string& why) {
  return fail(ErrorKind::usage,
              fmt::format("--min '{}': {}; write e.g. 'peer/*>=45GB/s', 'peer/*>=80%' (of the "
                          "ceiling), 'peer/*>=80%full' (with all NVLinks that are there) or "
                          "'latency/*<=20us', in quotes because the shell takes > for itself",
                          text, why));
}

struct Unit {
  std::string_view word;
  Limit::Kind kind;
  double factor;  ///< to GB/s, a part of one, microseconds
};
constexpr Unit units[] = {{"GB/s", Limit::Kind::rate, 1},
                          {"%", Limit::Kind::share, 0.01},
                          {"%full", Limit::Kind::full_share, 0.01},
                          {"us", Limit::Kind::time, 1},
                          {"ns", Limit::Kind::time, 1e-3}};

}  // namespace

Expected<Limit> parse_limit(const std::string& text) {
  const std::string_view all = text;
  const auto at = std::min(all.find(">="), all.find("<="));
  if (at == std::string_view::npos) return refuse(text, "there is no >= or <= in it");
  const std::string_view pattern = trimmed(all.substr(0, at));
  const bool at_least = all[at] == '>';
  const std::string_view figure = trimmed(all.substr(at + 2));
  if (pattern.empty()) return refuse(text, "it does not say which cells");
  double value = 0;
  const auto [end, code] = std::from_chars(figure.data(), figure.data() + figure.size(), value);
  if (code != std::errc() || !(value > 0) || !std::isfinite(value)) {
    return refuse(text, "the limit must be a number above 0");
  }
  const std::string_view word =
      trimmed(figure.substr(static_cast<std::size_t>(end - figure.data())));
  const auto* unit = std::ranges::find(units, word, &Unit::word);
  if (unit == std::end(units)) {
    return refuse(text, fmt::format("'{}' is no unit of a limit (GB/s, %, %full, us, ns)", word));
  }
  if (at_least == (unit->kind == Limit::Kind::time)) {
    return refuse(text, at_least ? "a time is kept with <=" : "a rate is reached with >=");
  }
  if (is_share(unit->kind) && value > 100) {
    return refuse(text, "nothing reaches more than 100 % of its ceiling");
  }
  return Limit{text, std::string(pattern), unit->kind, value * unit->factor};
}

}  // namespace peerbench::judge
