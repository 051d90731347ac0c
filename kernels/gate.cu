// SPDX-License-Identifier: Apache-2.0
#include "kernels/gate.hpp"

#include "kernels/preload.hpp"

using peerbench::kernels::GateFlag;

extern "C" __global__ void peerbench_gate(GateFlag* flag, std::uint64_t timeout_ns) {
  const auto now = [] {
    std::uint64_t ns;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns));
    return ns;
  };
  const std::uint64_t start = now();
  volatile GateFlag* shared = flag;
  while (shared->open == 0) {
    if (now() - start > timeout_ns) {
      shared->timed_out = 1;
      __threadfence_system();
      return;
    }
#if __CUDA_ARCH__ >= 700  // Pascal cannot sleep
    __nanosleep(200);  // polls cross the link to host memory; the release is not part of any window
#endif
  }
}

namespace peerbench::kernels {

cudaError_t launch_gate(GateFlag* flag, std::uint64_t timeout_ns, cudaStream_t stream) {
  peerbench_gate<<<1, 1, 0, stream>>>(flag, timeout_ns);
  return cudaGetLastError();
}

KernelTable gate_kernels() {
  static const void* const all[] = {reinterpret_cast<const void*>(&peerbench_gate)};
  return all;
}

}  // namespace peerbench::kernels
