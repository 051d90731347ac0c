// SPDX-License-Identifier: Apache-2.0
// What the CUDA runtime says, without making a context on any GPU.
#pragma once

#include "machine/signals.hpp"

namespace peerbench::machine {

/// Fills counts, versions, GPUs and pairs. Works without a driver: then the count's error is the
/// answer.
void read_cuda(Signals& signals);

/// Free bytes by cudaMemGetInfo, which makes a context on the GPU; 0 where that fails. The GPU
/// stays the thread's current one: to make another one current would make a context there, too.
Bytes free_bytes_by_cuda(int ordinal);

}  // namespace peerbench::machine
