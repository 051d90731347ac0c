// SPDX-License-Identifier: Apache-2.0
// The memory kernels with other numbers of loads in flight than the product's.
#pragma once

#include <cuda_runtime_api.h>

#include "base/units.hpp"
#include "kernels/move.hpp"

namespace peerbench::variants {

/// Arrays of `bytes` each, aligned to 16 bytes: as many as the move needs (read: `b`).
struct Arrays {
  void* to = nullptr;
  const void* b = nullptr;
  const void* c = nullptr;
  std::uint64_t* sums = nullptr;  ///< of a read, one a block
  Bytes bytes = 0;
};

/// A kernel that keeps `loads` (2, 4 or 8) of 16 bytes in flight for each of its threads.
struct Variant {
  kernels::Move move = kernels::Move::copy;  ///< read, copy or triad
  int loads = 0;
};

/// Blocks of the variant that a multiprocessor of the current device holds at once.
cudaError_t resident_blocks(const Variant& variant, int& blocks);

/// Queues the variant over all of the arrays with `blocks` blocks of kernels::move_threads.
cudaError_t launch(const Variant& variant, const Arrays& arrays, unsigned blocks,
                   cudaStream_t stream);

}  // namespace peerbench::variants
