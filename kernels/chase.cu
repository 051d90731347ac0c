// SPDX-License-Identifier: Apache-2.0
#include "kernels/chase.hpp"

#include "kernels/preload.hpp"

using peerbench::kernels::ChaseState;

extern "C" __global__ void peerbench_chase(const std::uint64_t* list, std::uint64_t mask,
                                           ChaseState* state, std::uint64_t steps) {
  peerbench::kernels::chase_body(list, mask, state, steps);
}

namespace peerbench::kernels {

cudaError_t launch_chase(const std::uint64_t* list, std::uint64_t mask, ChaseState* state,
                         std::uint64_t steps, cudaStream_t stream) {
  peerbench_chase<<<1, 1, 0, stream>>>(list, mask, state, steps);
  return cudaGetLastError();
}

KernelTable chase_kernels() {
  static const void* const all[] = {reinterpret_cast<const void*>(&peerbench_chase)};
  return all;
}

}  // namespace peerbench::kernels
