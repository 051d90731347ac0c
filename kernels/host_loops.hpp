// SPDX-License-Identifier: Apache-2.0
// What CPU threads do to their pool: read, write, copy and triad over one thread's slice, written
// for memory far larger than the caches. One row for each set of vector instructions, so that the
// widest one the CPU has is chosen when the program runs. Why the loops look as they do: README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace peerbench::kernels {

/// The loops of one instruction set. Arrays are 8-byte words, aligned to 8 bytes, of any length;
/// arrays of one call do not overlap. Each loop is done with its stores when it returns: streaming
/// stores are fenced, so that another thread that synchronises with this one sees them.
struct HostLoops {
  const char* name;  ///< "sse2", "avx2", "avx512", "neon", "portable"
  int vector_bytes;  ///< width of one load or store
  bool streaming;    ///< stores that leave the cache alone and read nothing beforehand
  bool (*usable)();  ///< does this CPU (and its system) have the instructions?
  /// Sum of all words modulo 2^64: depends on every word, so that no read can be left out.
  std::uint64_t (*read)(const std::uint64_t* from, std::size_t words);
  void (*write)(std::uint64_t* to, std::uint64_t value, std::size_t words);
  void (*copy)(std::uint64_t* to, const std::uint64_t* from, std::size_t words);
  /// to = b + factor * c. Fused or not fused depends on the row: use values for which both agree.
  void (*triad)(double* to, const double* b, const double* c, double factor, std::size_t words);
};

/// All rows of this program's architecture, the portable one first, then by rising width.
std::span<const HostLoops* const> host_loops();

/// The widest row that this CPU can run; never fails, the portable row always can.
const HostLoops& widest_host_loops();

}  // namespace peerbench::kernels
