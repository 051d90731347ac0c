// Events. Recording is in stream_ordered.cpp.
#include "sim/cudart/call.hpp"

using namespace peerbench::sim;

namespace {

constexpr Cost other = &HostCallCosts::other_us;

}  // namespace

extern "C" {

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return call(other, [&](Call& c) {
    if (event == nullptr) return cudaErrorInvalidValue;
    *event = reinterpret_cast<cudaEvent_t>(c.machine.create_event(c.gpu, flags));
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return call(other, [&](Call& c) {
    Event* known = c.machine.find_event(event);
    if (known == nullptr) return cudaErrorInvalidResourceHandle;
    c.machine.destroy_event(known);
    return cudaSuccess;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return call(&HostCallCosts::query_us, [&](Call& c) {
    const Event* known = c.machine.find_event(event);
    if (known == nullptr) return cudaErrorInvalidResourceHandle;
    const bool pending = known->recorded != nullptr && !known->recorded->ended();
    if (!pending) c.machine.host_waited();
    return pending ? cudaErrorNotReady : cudaSuccess;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return call(&HostCallCosts::synchronize_us, [&](Call& c) {
    const Event* known = c.machine.find_event(event);
    if (known == nullptr) return cudaErrorInvalidResourceHandle;
    return c.machine.block_on(known->recorded);
  });
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  return call(other, [&](Call& c) {
    const Event* from = c.machine.find_event(start);
    const Event* to = c.machine.find_event(end);
    if (ms == nullptr) return cudaErrorInvalidValue;
    if (from == nullptr || to == nullptr || from->gpu != to->gpu) {
      return cudaErrorInvalidResourceHandle;
    }
    if (((from->flags | to->flags) & cudaEventDisableTiming) != 0) {
      return cudaErrorInvalidResourceHandle;
    }
    if (from->recorded == nullptr || to->recorded == nullptr) {
      return cudaErrorInvalidResourceHandle;
    }
    if (!from->recorded->ended() || !to->recorded->ended()) return cudaErrorNotReady;
    *ms = static_cast<float>((to->recorded->ended_ns - from->recorded->ended_ns) * 1e-6);
    return cudaSuccess;
  });
}

}  // extern "C"
