// SPDX-License-Identifier: Apache-2.0
// Compiled with -O3 -fno-tree-loop-distribute-patterns: without that flag the compiler turns the
// copy into a call of the C library, which has streaming stores of its own.
#include "plain_loops.hpp"

namespace peerbench::baseline {

std::uint64_t plain_read(const std::uint64_t* from, std::size_t words) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words; ++i) sum += from[i];
  return sum;
}

void plain_write(std::uint64_t* to, std::uint64_t value, std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) to[i] = value;
}

void plain_copy(std::uint64_t* __restrict to, const std::uint64_t* __restrict from,
                std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) to[i] = from[i];
}

void plain_triad(double* __restrict to, const double* __restrict b, const double* __restrict c,
                 double factor, std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) to[i] = b[i] + factor * c[i];
}

}  // namespace peerbench::baseline
