// SPDX-License-Identifier: Apache-2.0
#include "measure/host_size.hpp"
#include "base/list_some.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace peerbench::measure {
namespace {

constexpr Bytes cache_multiple = 4;
constexpr Bytes kept_free = 8 * GiB;
constexpr Bytes small_board = 16 * GiB;  // below, keeping 8 GiB free would leave nothing to measure
constexpr Bytes granule = 2 * MiB;       // whole huge pages

Bytes round_down(Bytes bytes) { return bytes / granule * granule; }
Bytes round_up(Bytes bytes) { return round_down(bytes + granule - 1); }

std::string arrays_of(int arrays, Bytes bytes) {
  return fmt::format("{} of {}", with_count(arrays, "array"), format_bytes(bytes));
}

Expected<HostSize> take_asked(const HostSizeQuestion& question) {
  const Bytes arrays = static_cast<Bytes>(question.arrays);
  const Bytes bytes = question.asked / 8 * 8;
  if (bytes == 0) {
    return fail(ErrorKind::usage, fmt::format("arrays of {} hold no 8-byte word; ask for more",
                                              format_bytes(question.asked)));
  }
  if (bytes > question.available_bytes / arrays) {
    return fail(
        ErrorKind::unsupported,
        fmt::format("{} do not fit in the {} that are available; ask for smaller ones",
                    arrays_of(question.arrays, bytes), format_bytes(question.available_bytes)));
  }
  std::string rule = arrays_of(question.arrays, bytes) + ", the size asked for";
  if (bytes < cache_multiple * question.cache_bytes) {
    rule += fmt::format("; less than {} times the caches' {}, so caches may be part of the figure",
                        cache_multiple, format_bytes(question.cache_bytes));
  }
  return HostSize{bytes, rule};
}

}  // namespace

Expected<HostSize> choose_host_size(const HostSizeQuestion& question) {
  if (question.asked != 0) return take_asked(question);

  const Bytes arrays = static_cast<Bytes>(question.arrays);
  const Bytes available = question.available_bytes;
  const Bytes floor = std::max(round_up(cache_multiple * question.cache_bytes), granule);
  const Bytes share = question.wanted_bytes / arrays;
  const Bytes wanted = std::max(floor, round_up(share));

  const Bytes quarter = available / 4;
  const Bytes beyond_kept = available > kept_free ? available - kept_free : 0;
  const bool keeps_free = question.total_bytes >= small_board && beyond_kept < quarter;
  // The floor may use some of what should stay free, but never more than a quarter.
  const Bytes limit =
      keeps_free ? std::min(quarter, std::max(beyond_kept, floor * arrays)) : quarter;
  const Bytes most = round_down(limit / arrays);

  const std::string floor_text = question.cache_bytes == 0
                                     ? "the caches' size is not known"
                                     : fmt::format("{} times the caches' {}", cache_multiple,
                                                   format_bytes(question.cache_bytes));
  if (most < floor) {
    return fail(
        ErrorKind::unsupported,
        fmt::format("arrays well past the caches need {} ({}), but a quarter of the "
                    "available {} is all a measurement may take; free memory and try again",
                    arrays_of(question.arrays, floor), floor_text, format_bytes(available)));
  }
  const Bytes bytes = std::min(wanted, most);
  const std::string taken = arrays_of(question.arrays, bytes);
  if (bytes < wanted) {
    return HostSize{bytes, fmt::format("{}: all that {} of the available {} allows", taken,
                                       keeps_free ? "keeping 8 GiB free" : "a quarter",
                                       format_bytes(available))};
  }
  if (floor >= round_up(share)) return HostSize{bytes, taken + ": " + floor_text + " for each"};
  return HostSize{
      bytes, fmt::format("{}: {} in total ({})", taken, format_bytes(question.wanted_bytes),
                         question.cache_bytes == 0 ? floor_text : "each more than " + floor_text)};
}

}  // namespace peerbench::measure
