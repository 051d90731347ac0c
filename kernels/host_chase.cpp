// SPDX-License-Identifier: Apache-2.0
#include "kernels/host_chase.hpp"

#include <initializer_list>

namespace peerbench::kernels {

// Rounds of xor with the upper half and of multiplication by odd numbers: each can be undone, so
// their sequence is a bijection, and neighbours end far apart. The factors are those of
// splitmix64's mixing (Steele, Lea, Flood 2014) and its increment.
std::uint64_t ChaseOrder::line(std::uint64_t step) const {
  const std::uint64_t mask = lines() - 1;
  const int half = (bits + 1) / 2;
  std::uint64_t at = step & mask;
  for (const std::uint64_t factor :
       {0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu, 0x9e3779b97f4a7c15u}) {
    at ^= at >> half;
    at = (at * factor) & mask;
  }
  return at ^ (at >> half);
}

const void* chase_address(const void* memory, ChaseOrder order, std::uint64_t step) {
  return static_cast<const std::byte*>(memory) + order.line(step) * chase_line_bytes;
}

void write_chase(void* memory, ChaseOrder order, std::uint64_t first, std::uint64_t last) {
  std::uint64_t from = order.line(first - 1);
  for (std::uint64_t step = first; step < last; ++step) {
    auto* line = static_cast<std::byte*>(memory) + from * chase_line_bytes;
    *reinterpret_cast<const void**>(line) = chase_address(memory, order, step);
    from = order.line(step);
  }
}

const void* chase(const void* start, std::uint64_t loads) {
  const void* at = start;
  std::uint64_t left = loads;
  // Unrolled, so that counting costs nothing beside the loads.
  for (; left >= 8; left -= 8) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) at = *static_cast<const void* const*>(at);
  }
  for (; left > 0; --left) at = *static_cast<const void* const*>(at);
  return at;
}

}  // namespace peerbench::kernels
