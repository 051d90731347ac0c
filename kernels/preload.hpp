// SPDX-License-Identifier: Apache-2.0
// Loading of the kernels before they are needed. By default the driver loads a kernel at its first
// launch, and waits for all running work before it does so (CUDA programming guide, "Lazy Loading",
// potential hazards): behind a closed gate that wait would not end by itself.
#pragma once

#include <cuda_runtime_api.h>

#include <span>

namespace peerbench::kernels {

/// Kernels as the runtime knows them: the addresses of their functions on the host.
using KernelTable = std::span<const void* const>;

/// The kernels of each file. A kernel that is in none of the tables makes a test fail.
KernelTable chase_kernels();
KernelTable gate_kernels();
KernelTable move_kernels();
KernelTable numbers_kernels();
KernelTable pattern_kernels();
KernelTable ping_pong_kernels();

/// Loads every kernel of the project on the current device, by asking for its attributes, which is
/// the documented way. Call it once for each device before anything waits there. Returns the first
/// error, after trying all of them.
cudaError_t load_all();

}  // namespace peerbench::kernels
