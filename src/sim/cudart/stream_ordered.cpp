// SPDX-License-Identifier: Apache-2.0
// Calls that take a stream and exist twice: plain, and for programs compiled with a default stream
// per thread (suffix _ptsz or _ptds, put on by CUDA's header when
// CUDA_API_PER_THREAD_DEFAULT_STREAM is defined). The build compiles this file both ways.
#include <functional>

#include "sim/cudart/attributes.hpp"

using namespace gpusim;

namespace {

#ifdef CUDA_API_PER_THREAD_DEFAULT_STREAM
constexpr bool per_thread = true;
#else
constexpr bool per_thread = false;
#endif

/// Runs `body(call, stream)` for the stream behind the handle.
template <typename Body>
cudaError_t on_stream(const Calling& calling, cudaStream_t handle, Body&& body) {
  return call({calling.cost, Needs::process, calling.name}, [&](Call& c) {
    Stream* stream = c.stream(handle, per_thread);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    const cudaError_t gone = c.lost(stream->gpu);
    return gone != cudaSuccess ? gone : body(c, *stream);
  });
}

constexpr Cost copy_cost = &HostCallCosts::copy_us;
constexpr Cost event_cost = &HostCallCosts::event_us;
constexpr Cost other = &HostCallCosts::other_us;

/// Asking a stream that is captured for its end: there is none, and the capture is lost.
bool invalidates_capture(Stream& stream) {
  if (stream.capture == nullptr) return false;
  stream.capture->invalidated = true;
  return true;
}

cudaError_t record(Call& c, Stream& stream, cudaEvent_t event) {
  Event* known = c.machine.find_event(event);
  if (known == nullptr || known->gpu != stream.gpu) return cudaErrorInvalidResourceHandle;
  c.machine.record(*known, stream);
  return cudaSuccess;
}

}  // namespace

extern "C" {

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, enum cudaMemcpyKind kind) {
  return on_stream(copy_cost, nullptr, [&](Call& c, Stream& stream) {
    return c.machine.copy(to, from, bytes, kind, stream, true);
  });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, enum cudaMemcpyKind kind,
                            cudaStream_t handle) {
  return on_stream(copy_cost, handle, [&](Call& c, Stream& stream) {
    return c.machine.copy(to, from, bytes, kind, stream, false);
  });
}

cudaError_t cudaMemset(void* to, int value, size_t bytes) {
  return on_stream(copy_cost, nullptr, [&](Call& c, Stream& stream) {
    return c.machine.set(to, static_cast<unsigned>(value), bytes, stream, true);
  });
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t handle) {
  return on_stream(copy_cost, handle, [&](Call& c, Stream& stream) {
    return c.machine.set(to, static_cast<unsigned>(value), bytes, stream, false);
  });
}

cudaError_t cudaMallocAsync(void** pointer, size_t bytes, cudaStream_t handle) {
  // Stream-ordered allocation without a pool: the memory is there at once.
  return on_stream(copy_cost, handle, [&](Call& c, Stream& stream) {
    if (pointer == nullptr || bytes == 0) return cudaErrorInvalidValue;
    const auto made = c.machine.memory().allocate_device(stream.gpu, bytes);
    if (made == nullptr) return cudaErrorMemoryAllocation;
    *pointer = made->address;
    return cudaSuccess;
  });
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t handle) {
  return on_stream(copy_cost, handle, [&](Call& c, Stream& stream) {
    if (c.machine.memory().find(pointer).allocation == nullptr) return cudaErrorInvalidValue;
    SimulatedMachine& machine = c.machine;
    machine.host_function(stream, [&machine, pointer] {
      machine.memory().release(
          pointer, [](Allocation::Kind kind) { return kind == Allocation::Kind::device; });
    });
    return cudaSuccess;
  });
}

#if CUDART_VERSION >= 13000
cudaError_t cudaMemPrefetchAsync(const void* pointer, size_t bytes, struct cudaMemLocation location,
                                 unsigned int flags, cudaStream_t handle) {
  if (flags != 0) return refuse(cudaErrorInvalidValue);
  const int device = location.type == cudaMemLocationTypeDevice ? location.id : cudaCpuDeviceId;
#else
cudaError_t cudaMemPrefetchAsync(const void* pointer, size_t bytes, int device,
                                 cudaStream_t handle) {
#endif
  return on_stream(copy_cost, handle, [&](Call& c, Stream& stream) {
    if (device != cudaCpuDeviceId && !c.is_device(device)) return cudaErrorInvalidDevice;
    const int to = device == cudaCpuDeviceId ? -1 : c.physical(device);
    return c.machine.prefetch(pointer, bytes, to, stream);
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return on_stream(&HostCallCosts::synchronize_us, handle, [](Call& c, Stream& stream) {
    if (invalidates_capture(stream)) return cudaErrorStreamCaptureUnsupported;
    return c.machine.block_on(c.machine.last_of(stream));
  });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return on_stream(&HostCallCosts::query_us, handle, [](Call& c, Stream& stream) {
    if (invalidates_capture(stream)) return cudaErrorStreamCaptureUnsupported;
    if (c.machine.last_of(stream) != nullptr) return cudaErrorNotReady;
    c.machine.host_waited();
    return cudaSuccess;
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned int flags) {
  return on_stream(event_cost, handle, [&](Call& c, Stream& stream) {
    if (flags != cudaEventWaitDefault && flags != cudaEventWaitExternal) {
      return cudaErrorInvalidValue;
    }
    const Event* known = c.machine.find_event(event);
    if (known == nullptr) return cudaErrorInvalidResourceHandle;
    if (const cudaError_t gone = c.lost(known->gpu); gone != cudaSuccess) return gone;
    c.machine.wait_event(stream, *known);
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t handle, unsigned int flags) {
  return on_stream(event_cost, handle, [&](Call& c, Stream& stream) {
    if (flags != cudaEventRecordDefault && flags != cudaEventRecordExternal) {
      return cudaErrorInvalidValue;
    }
    return record(c, stream, event);
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  return on_stream(event_cost, handle,
                   [&](Call& c, Stream& stream) { return record(c, stream, event); });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t function, void* data) {
  return on_stream(&HostCallCosts::launch_us, handle, [&](Call& c, Stream& stream) {
    if (function == nullptr) return cudaErrorInvalidValue;
    c.machine.host_function(stream, [function, data] { function(data); });
    return cudaSuccess;
  });
}

cudaError_t cudaStreamAddCallback(cudaStream_t handle, cudaStreamCallback_t function, void* data,
                                  unsigned int flags) {
  return on_stream(&HostCallCosts::launch_us, handle, [&](Call& c, Stream& stream) {
    if (function == nullptr || flags != 0) return cudaErrorInvalidValue;
    c.machine.host_function(stream,
                            [handle, function, data] { function(handle, cudaSuccess, data); });
    return cudaSuccess;
  });
}

cudaError_t cudaStreamGetFlags(cudaStream_t handle, unsigned int* flags) {
  return on_stream(other, handle, [&](Call&, Stream& stream) {
    if (flags == nullptr) return cudaErrorInvalidValue;
    *flags = stream.flags;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamGetPriority(cudaStream_t handle, int* priority) {
  return on_stream(other, handle, [&](Call&, Stream& stream) {
    if (priority == nullptr) return cudaErrorInvalidValue;
    *priority = stream.priority;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamGetId(cudaStream_t handle, unsigned long long* id) {
  return on_stream(other, handle, [&](Call&, Stream& stream) {
    if (id == nullptr) return cudaErrorInvalidValue;
    *id = static_cast<unsigned long long>(stream.number) + 1;
    return cudaSuccess;
  });
}

#if CUDART_VERSION >= 12080
cudaError_t cudaStreamGetDevice(cudaStream_t handle, int* device) {
  return on_stream(other, handle, [&](Call& c, Stream& stream) {
    if (device == nullptr) return cudaErrorInvalidValue;
    *device = c.ordinal_of(stream.gpu);
    return cudaSuccess;
  });
}
#endif

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, enum cudaStreamCaptureStatus* status) {
  return on_stream(other, handle, [&](Call&, Stream& stream) {
    if (status == nullptr) return cudaErrorInvalidValue;
    *status = stream.capture == nullptr     ? cudaStreamCaptureStatusNone
              : stream.capture->invalidated ? cudaStreamCaptureStatusInvalidated
                                            : cudaStreamCaptureStatusActive;
    return cudaSuccess;
  });
}

}  // extern "C"
