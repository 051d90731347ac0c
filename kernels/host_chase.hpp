// SPDX-License-Identifier: Apache-2.0
// A chain of loads through the host's memory, each of an address that the load before gave: so only
// one is ever under way, and the time of one is the memory's latency. The way is one cycle through
// all cache lines in an order that no prefetcher guesses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace peerbench::kernels {

inline constexpr std::size_t chase_line_bytes = 64;

/// Lines of the cycle, a power of two.
struct ChaseOrder {
  int bits = 0;  ///< lines: 2^bits, at least 1 bit
  std::uint64_t lines() const { return std::uint64_t{1} << bits; }
  /// The line that is visited `step`-th: a bijection of [0, lines), so that going from each step to
  /// the next closes one cycle through all of them. Known without walking: the end is checked by
  /// it.
  std::uint64_t line(std::uint64_t step) const;
};

/// Writes the addresses of steps [first, last) into `memory`, each into the line of the step
/// before.
void write_chase(void* memory, ChaseOrder order, std::uint64_t first, std::uint64_t last);

/// The address of the line visited `step`-th.
const void* chase_address(const void* memory, ChaseOrder order, std::uint64_t step);

/// Follows `loads` addresses from `start`; returns the last one loaded.
const void* chase(const void* start, std::uint64_t loads);

}  // namespace peerbench::kernels
