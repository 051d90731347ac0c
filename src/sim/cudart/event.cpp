// SPDX-License-Identifier: Apache-2.0
// Events. Recording is in stream_ordered.cpp.
#include "sim/cudart/call.hpp"

using namespace gpusim;

namespace {

constexpr Cost other = &HostCallCosts::other_us;

/// Runs `body(call, event)` for the event behind the handle.
template <typename Body>
cudaError_t on_event(const Calling& calling, cudaEvent_t handle, Body&& body) {
  return call({calling.cost, Needs::process, calling.name}, [&](Call& c) {
    Event* event = c.machine.find_event(handle);
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    const cudaError_t gone = c.lost(event->gpu);
    return gone != cudaSuccess ? gone : body(c, *event);
  });
}

}  // namespace

extern "C" {

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return call(other, [&](Call& c) {
    constexpr unsigned known =
        cudaEventBlockingSync | cudaEventDisableTiming | cudaEventInterprocess;
    if (event == nullptr || (flags & ~known) != 0) return cudaErrorInvalidValue;
    if ((flags & cudaEventInterprocess) != 0 && (flags & cudaEventDisableTiming) == 0) {
      return cudaErrorInvalidValue;
    }
    *event = reinterpret_cast<cudaEvent_t>(c.machine.create_event(c.gpu, flags));
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return on_event(other, event, [](Call& c, Event& known) {
    c.machine.destroy_event(&known);
    return cudaSuccess;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return on_event(&HostCallCosts::query_us, event, [](Call& c, const Event& known) {
    const bool pending = known.recorded != nullptr && !known.recorded->ended();
    if (!pending) c.machine.host_waited();
    return pending ? cudaErrorNotReady : cudaSuccess;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return on_event(&HostCallCosts::synchronize_us, event,
                  [](Call& c, const Event& known) { return c.machine.block_on(known.recorded); });
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  return on_event(other, start, [&](Call& c, const Event& from) {
    const Event* to = c.machine.find_event(end);
    if (ms == nullptr) return cudaErrorInvalidValue;
    if (to == nullptr || from.gpu != to->gpu) return cudaErrorInvalidResourceHandle;
    if (((from.flags | to->flags) & cudaEventDisableTiming) != 0) {
      return cudaErrorInvalidResourceHandle;
    }
    if (from.recorded == nullptr || to->recorded == nullptr) {
      return cudaErrorInvalidResourceHandle;
    }
    if (!from.recorded->ended() || !to->recorded->ended()) return cudaErrorNotReady;
    *ms = static_cast<float>((to->recorded->ended_ns - from.recorded->ended_ns) * 1e-6);
    return cudaSuccess;
  });
}

}  // extern "C"
