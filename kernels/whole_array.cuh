// SPDX-License-Identifier: Apache-2.0
// How kernels that work on a whole array share it out, and how threads put together what they
// found.
#pragma once

#include <cstdint>

#include "kernels/pattern.hpp"

namespace peerbench::kernels {

__device__ inline std::uint64_t my_first() {
  return blockIdx.x * std::uint64_t{blockDim.x} + threadIdx.x;
}
__device__ inline std::uint64_t my_step() { return gridDim.x * std::uint64_t{blockDim.x}; }

/// Sum over the threads of a warp, all of which must call it, in the first of them.
__device__ inline std::uint64_t sum_of_warp(std::uint64_t mine) {
  for (unsigned lanes = 16; lanes > 0; lanes /= 2) {
    mine += __shfl_down_sync(0xffffffffu, mine, lanes);
  }
  return mine;
}

/// Adds the sum of all threads' numbers to `*sum`: one atomic operation a warp.
__device__ inline void add_to_sum(std::uint64_t mine, std::uint64_t* sum) {
  mine = sum_of_warp(mine);
  if (threadIdx.x % 32 != 0) return;
  atomicAdd(reinterpret_cast<unsigned long long*>(sum), static_cast<unsigned long long>(mine));
}

/// Adds what one thread found to the report of all.
__device__ inline void add_to_report(const PatternReport& mine, PatternReport* report) {
  if (mine.wrong_words == 0) return;
  // Rare by design: only words that are wrong pay for the atomics.
  atomicAdd(reinterpret_cast<unsigned long long*>(&report->wrong_words),
            static_cast<unsigned long long>(mine.wrong_words));
  atomicMin(reinterpret_cast<unsigned long long*>(&report->first_wrong),
            static_cast<unsigned long long>(mine.first_wrong));
}

// Enough blocks to fill any GPU several times over; the grid-stride loops take the rest.
inline constexpr unsigned block_threads = 256;
inline constexpr unsigned grid_blocks = 2048;

/// Blocks for so many bytes, or elements, eight to a thread.
inline unsigned blocks_for(std::uint64_t count) {
  const std::uint64_t wanted = (count / 8 + block_threads) / block_threads;
  return wanted < grid_blocks ? static_cast<unsigned>(wanted) : grid_blocks;
}

}  // namespace peerbench::kernels
