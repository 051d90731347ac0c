// SPDX-License-Identifier: Apache-2.0
// What lies in the arrays of a host measurement before it, and what must lie there after it. Every
// word depends on its position, so that a missing, swapped or flipped one shows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/pattern.hpp"
#include "measure/host_array.hpp"

namespace peerbench::measure {

enum class HostOp { read, write, copy, triad };

/// "read", "write", "copy", "triad".
const char* name(HostOp op);

/// Arrays that an operation uses: the one written first (read uses one that is read).
int array_count(HostOp op);
/// Bytes read and written in one pass over arrays of `bytes` each.
Bytes bytes_read(HostOp op, Bytes bytes);
Bytes bytes_written(HostOp op, Bytes bytes);
/// What the figure counts, in words.
const char* counting_rule(HostOp op);

/// Words [first, last) of every array: one thread's share.
struct HostSlice {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t size() const { return last - first; }
};

/// Cuts `words` into `threads` slices at boundaries of `granule` words, the last one the shortest.
std::vector<HostSlice> cut_slices(std::size_t words, int threads, std::size_t granule);

/// Factor of the triad.
inline constexpr double triad_factor = 3;

/// Word `index` of triad's b and c: whole numbers so small that b + 3 * c is exact, fused or not.
inline double triad_b(std::uint64_t index) {
  return static_cast<double>(kernels::pattern_word(index, 11) >> 14);  // below 2^50
}
inline double triad_c(std::uint64_t index) {
  return static_cast<double>(kernels::pattern_word(index, 12) >> 16);  // below 2^48
}

/// First touch of one slice: sources get their pattern, what is written gets a poison that no
/// correct result equals.
void fill_slice(HostOp op, std::span<const HostArray> arrays, HostSlice slice);

/// What a slice's words summed to must be for read, and nothing else.
std::uint64_t expected_sum(HostSlice slice);

/// Compares one slice with what must be there: the destination for write (all words `written`),
/// copy and triad, the source itself for read. Indices count from the array's start.
kernels::PatternReport check_slice(HostOp op, std::span<const HostArray> arrays, HostSlice slice,
                                   std::uint64_t written);

}  // namespace peerbench::measure
