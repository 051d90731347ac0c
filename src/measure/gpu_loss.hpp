// SPDX-License-Identifier: Apache-2.0
// What a failure has left of a GPU: CUDA is asked, since who met it first may only know that some
// library reported some error.
#pragma once

#include "base/checked.hpp"

namespace peerbench::measure {

struct GpuLoss {
  Loss loss = Loss::none;
  cudaError_t error = cudaSuccess;  ///< what CUDA answers from now on, where something is lost
};

/// Asks about a GPU that is in use, without waiting for what it does and without making anything.
GpuLoss ask_about(int gpu);

}  // namespace peerbench::measure
