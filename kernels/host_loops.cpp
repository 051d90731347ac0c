// SPDX-License-Identifier: Apache-2.0
#include "kernels/host_loops.hpp"

#include "kernels/host_loops_rows.hpp"

namespace peerbench::kernels {
namespace {

// Plain loops for the compiler to vectorise as the target allows; ordinary stores. The row for
// architectures without one of their own, and the one that others are checked against.
std::uint64_t read(const std::uint64_t* from, std::size_t words) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words; ++i) sum += from[i];
  return sum;
}

void write(std::uint64_t* to, std::uint64_t value, std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) to[i] = value;
}

void copy(std::uint64_t* to, const std::uint64_t* from, std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) to[i] = from[i];
}

void triad(double* to, const double* b, const double* c, double factor, std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) to[i] = b[i] + factor * c[i];
}

constexpr HostLoops host_loops_portable = {"portable", 8,     false, [] { return true; },
                                           read,       write, copy,  triad};

constexpr const HostLoops* rows[] = {
    &host_loops_portable,
#if defined(__x86_64__)
    &host_loops_sse2,
    &host_loops_avx2,
    &host_loops_avx512,
#elif defined(__aarch64__)
    &host_loops_neon,
#endif
};

}  // namespace

std::span<const HostLoops* const> host_loops() { return rows; }

const HostLoops& widest_host_loops() {
  const HostLoops* widest = &host_loops_portable;
  for (const HostLoops* row : rows) {
    if (row->usable()) widest = row;
  }
  return *widest;
}

}  // namespace peerbench::kernels
