// SPDX-License-Identifier: Apache-2.0
// The pointer chase: one thread follows a list whose every entry says where the next one lies, so
// that no load can begin before the one before it has ended. The time of a launch over its steps is
// what one load of that memory takes.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/pattern.hpp"

namespace peerbench::kernels {

/// Where a chase stands; the next launch goes on from there. In memory of the GPU that chases.
struct ChaseState {
  std::uint64_t at = 0;     ///< index of the word it looks at next
  std::uint64_t steps = 0;  ///< taken so far, all launches together
};

/// One load that no cache of the multiprocessor answers, but the memory's own may.
PEERBENCH_BODY std::uint64_t load_past_l1(const std::uint64_t* word) {
#ifdef __CUDA_ARCH__
  std::uint64_t value;
  asm volatile("ld.global.cg.u64 %0, [%1];" : "=l"(value) : "l"(word) : "memory");
  return value;
#else
  return *word;
#endif
}

/// `steps` steps through `list`, each of whose visited words holds the index of the next. `mask` is
/// the number of its words less one, a power of two less one: wherever damaged data lead, the chase
/// stays in the list. That costs one operation a step, a hundredth of the load or less.
PEERBENCH_BODY void chase_body(const std::uint64_t* list, std::uint64_t mask, ChaseState* state,
                               std::uint64_t steps) {
  std::uint64_t at = state->at;
  for (std::uint64_t step = 0; step < steps; ++step) at = load_past_l1(list + (at & mask));
  state->at = at;
  state->steps += steps;
}

/// Queues a chase on `stream` of the current device. `list` is its own memory, a peer's with access
/// enabled, or host memory mapped to it. Returns the launch's error.
cudaError_t launch_chase(const std::uint64_t* list, std::uint64_t mask, ChaseState* state,
                         std::uint64_t steps, cudaStream_t stream);

}  // namespace peerbench::kernels
