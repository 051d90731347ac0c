// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

namespace peerbench {

std::string format_bytes(Bytes bytes) {
  constexpr std::array<std::pair<Bytes, const char*>, 3> units = {
      {{GiB, "GiB"}, {MiB, "MiB"}, {KiB, "KiB"}}};
  for (const auto& [unit, label] : units) {
    if (bytes < unit) continue;
    const double value = static_cast<double>(bytes) / static_cast<double>(unit);
    return bytes % unit == 0 ? fmt::format("{} {}", bytes / unit, label)
                             : fmt::format("{:.1f} {}", value, label);
  }
  return fmt::format("{} B", bytes);
}

Expected<Bytes> parse_bytes(const std::string& text) {
  const auto refuse = [&] {
    return fail(
        ErrorKind::usage,
        fmt::format("'{}' is not a size; write a number with B, KiB, MiB or GiB, e.g. 64MiB",
                    text));
  };
  Bytes number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc()) return refuse();

  std::string unit;
  for (const char* at = rest; at != end; ++at) {
    if (*at != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*at)));
  }
  Bytes factor = 0;
  if (unit.empty() || unit == "b") factor = 1;
  if (unit == "k" || unit == "kib") factor = KiB;
  if (unit == "m" || unit == "mib") factor = MiB;
  if (unit == "g" || unit == "gib") factor = GiB;
  if (factor == 0 || number > std::numeric_limits<Bytes>::max() / factor) return refuse();
  return number * factor;
}

}  // namespace peerbench
