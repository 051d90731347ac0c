// SPDX-License-Identifier: Apache-2.0
// The gate: a kernel that holds its stream until the host says go, so that everything measured is
// queued before the first of it starts.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace peerbench::kernels {

/// What the host and the waiting kernel share; lives in host memory mapped to the device.
struct GateFlag {
  std::uint32_t open = 0;       ///< the host stores 1 to let the stream go
  std::uint32_t timed_out = 0;  ///< the kernel stores 1 when it stopped waiting by itself
};

/// Queues the gate on `stream`. It ends when `flag->open` becomes non-zero, or after `timeout_ns`
/// nanoseconds of the device's own time, which it records in `flag->timed_out`.
cudaError_t launch_gate(GateFlag* flag, std::uint64_t timeout_ns, cudaStream_t stream);

}  // namespace peerbench::kernels
