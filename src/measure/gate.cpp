// SPDX-License-Identifier: Apache-2.0
#include "measure/gate.hpp"

#include <atomic>

#include "base/checked.hpp"

namespace peerbench::measure {

namespace {

/// Half of what the shortest watchdog allows, Windows' (TdrDelay is 2 s by default).
constexpr std::chrono::nanoseconds watched_limit = std::chrono::seconds(1);

}  // namespace

std::chrono::nanoseconds gate_limit(int device, std::chrono::nanoseconds wanted) {
  if (wanted <= watched_limit) return wanted;
  int watched = 1;  // where that cannot be asked, too
  PEERBENCH_FORGIVE(cudaDeviceGetAttribute(&watched, cudaDevAttrKernelExecTimeout, device));
  return watched != 0 ? watched_limit : wanted;
}

Expected<Gate> Gate::create() {
  auto memory = Buffer::allocate(host(), sizeof(kernels::GateFlag));
  if (!memory) return tl::unexpected(memory.error());
  return Gate(std::move(*memory));
}

Gate::Gate(Buffer memory) : memory_(std::move(memory)) { new (memory_.data()) kernels::GateFlag{}; }

Expected<void> Gate::close(const Stream& stream, std::chrono::nanoseconds timeout) {
  std::atomic_ref(flag()->timed_out).store(0);
  std::atomic_ref(flag()->open).store(0);
  PEERBENCH_ON_DEVICE(stream.device());
  const auto limit = static_cast<std::uint64_t>(gate_limit(stream.device(), timeout).count());
  return PEERBENCH_CUDA(kernels::launch_gate(flag(), limit, stream.get()));
}

Expected<bool> Gate::held(const Event& start) const {
  const cudaError_t code = cudaEventQuery(start.get());
  if (code != cudaErrorNotReady) {
    PEERBENCH_TRY(check_cuda(code, "cudaEventQuery(start)"));
    return false;
  }
  cudaGetLastError();
  return std::atomic_ref(flag()->timed_out).load() == 0;
}

void Gate::open() { std::atomic_ref(flag()->open).store(1, std::memory_order_release); }

}  // namespace peerbench::measure
