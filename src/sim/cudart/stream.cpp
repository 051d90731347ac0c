// SPDX-License-Identifier: Apache-2.0
// Streams, and peer copies; both have no per-thread variant.
#include "sim/cudart/call.hpp"

using namespace gpusim;

namespace {

constexpr Cost other = &HostCallCosts::other_us;

cudaError_t copy_peer(void* to, int to_device, const void* from, int from_device, std::size_t bytes,
                      cudaStream_t handle, const char* name = __builtin_FUNCTION()) {
  return call({&HostCallCosts::copy_us, Needs::process, name}, [&](Call& c) {
    if (!c.is_device(to_device) || !c.is_device(from_device)) return cudaErrorInvalidDevice;
    Stream* stream = c.stream(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (const cudaError_t gone = c.lost(stream->gpu); gone != cudaSuccess) return gone;
    return c.machine.copy_peer(to, c.physical(to_device), from, c.physical(from_device), bytes,
                               *stream, false);
  });
}

}  // namespace

extern "C" {

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned int flags, int priority) {
  return call(other, [&](Call& c) {
    if (stream == nullptr || (flags & ~static_cast<unsigned>(cudaStreamNonBlocking)) != 0) {
      return cudaErrorInvalidValue;
    }
    *stream = reinterpret_cast<cudaStream_t>(c.machine.create_stream(c.gpu, flags, priority));
    return cudaSuccess;
  });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  return cudaStreamCreateWithPriority(stream, flags, 0);
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithPriority(stream, cudaStreamDefault, 0);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return call({other, Needs::process}, [&](Call& c) {
    const bool is_default =
        stream == nullptr || stream == cudaStreamLegacy || stream == cudaStreamPerThread;
    Stream* known = is_default ? nullptr : c.stream(stream);
    if (known == nullptr) return cudaErrorInvalidResourceHandle;
    if (const cudaError_t gone = c.lost(known->gpu); gone != cudaSuccess) return gone;
    c.machine.destroy_stream(known);
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device,
                                size_t bytes, cudaStream_t stream) {
  return copy_peer(to, to_device, from, from_device, bytes, stream);
}

// Asynchronous for the host in spite of its name; later work in the device waits for it.
cudaError_t cudaMemcpyPeer(void* to, int to_device, const void* from, int from_device,
                           size_t bytes) {
  return copy_peer(to, to_device, from, from_device, bytes, nullptr);
}

#if CUDART_VERSION >= 13000
cudaError_t cudaMemAdvise(const void* pointer, size_t bytes, enum cudaMemoryAdvise,
                          struct cudaMemLocation) {
#else
cudaError_t cudaMemAdvise(const void* pointer, size_t bytes, enum cudaMemoryAdvise, int) {
#endif
  return call(other, [&](Call& c) {
    const Location location = c.machine.memory().find(pointer);
    const bool managed =
        location.allocation && location.allocation->kind == Allocation::Kind::managed;
    return managed && bytes <= location.room() ? cudaSuccess : cudaErrorInvalidValue;
  });
}

}  // extern "C"
