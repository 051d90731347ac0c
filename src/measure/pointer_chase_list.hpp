// SPDX-License-Identifier: Apache-2.0
// The list that a pointer chase follows: one random cycle over all lines of an array, so that
// neither order nor a prefetcher can guess what comes next.
#pragma once

#include <cstdint>
#include <vector>

#include "base/units.hpp"

namespace peerbench::measure {

/// Bytes from one entry to the next: a cache line of NVIDIA's L2, four sectors.
inline constexpr Bytes chase_stride = 128;

/// The same where each entry is to be a page fault of its own: within such a block the CUDA driver
/// fetches managed memory ahead, and never beyond it (open-gpu-kernel-modules, kernel-open/
/// nvidia-uvm/uvm_va_block_types.h: UVM_VA_BLOCK_BITS is 21).
inline constexpr Bytes fault_stride = 2 * MiB;

class PointerChaseList {
 public:
  /// A cycle over every whole line of `bytes`, or block of `stride` bytes, drawn by `seed`; at
  /// least two of them, see fits().
  PointerChaseList(Bytes bytes, std::uint64_t seed, Bytes stride = chase_stride);
  static bool fits(Bytes bytes, Bytes stride = chase_stride) { return bytes >= 2 * stride; }

  /// The array: the first word of each line holds the index of the word to look at next. The
  /// others, and those past `bytes` up to a power of two of them, lead nowhere.
  std::vector<std::uint64_t> words() const;
  /// Bytes of words().
  static Bytes array_bytes(Bytes bytes);
  /// Index of the word that a chase from word 0 has reached after so many steps.
  std::uint64_t after(std::uint64_t steps) const { return order_[steps % order_.size()]; }

 private:
  Bytes bytes_;
  std::vector<std::uint64_t> order_;  ///< indices of words, as they are visited, 0 first
};

}  // namespace peerbench::measure
