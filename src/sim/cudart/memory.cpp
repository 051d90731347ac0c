// SPDX-License-Identifier: Apache-2.0
// Allocation, registration and what a pointer is.
#include <algorithm>

#include "sim/cudart/attributes.hpp"

using namespace gpusim;

namespace {

constexpr Cost allocate = &HostCallCosts::allocate_us;
constexpr Cost other = &HostCallCosts::other_us;
using Kind = Allocation::Kind;

cudaError_t allocate_host(void** pointer, std::size_t bytes, unsigned flags, Kind kind,
                          const char* name = __builtin_FUNCTION()) {
  return call({allocate, name}, [&](Call& c) {
    if (pointer == nullptr) return cudaErrorInvalidValue;
    *pointer = nullptr;
    if (bytes == 0) return kind == Kind::managed ? cudaErrorInvalidValue : cudaSuccess;
    if (kind == Kind::managed && attribute(c.machine, c.gpu, cudaDevAttrManagedMemory) == 0) {
      return cudaErrorNotSupported;
    }
    // Where CPU and GPU may not have managed memory at the same time, the one keeps the other out.
    const bool guarded = kind == Kind::managed &&
                         attribute(c.machine, c.gpu, cudaDevAttrConcurrentManagedAccess) != 1;
    const auto made = c.machine.memory().allocate_host(kind, c.gpu, bytes, flags, guarded);
    if (made == nullptr) return cudaErrorMemoryAllocation;
    *pointer = made->address;
    return cudaSuccess;
  });
}

cudaError_t release(void* pointer, bool (*accepts)(Kind), const char* name = __builtin_FUNCTION()) {
  return call({allocate, Needs::process, name}, [&](Call& c) {
    if (pointer == nullptr) return c.machine.need_context(c.gpu);  // programs make a context so
    const auto known = c.machine.memory().find(pointer).allocation;
    if (known != nullptr && known->kind == Kind::device) {
      if (const cudaError_t gone = c.lost(known->gpu); gone != cudaSuccess) return gone;
    }
    // What still runs may use it: freeing waits for the GPUs, as the driver does.
    const cudaError_t error = c.machine.drain();
    if (error != cudaSuccess) return error;
    return c.machine.memory().release(pointer, accepts) ? cudaSuccess : cudaErrorInvalidValue;
  });
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  return call(allocate, [&](Call& c) {
    if (pointer == nullptr) return cudaErrorInvalidValue;
    *pointer = nullptr;
    if (bytes == 0) return cudaSuccess;
    const auto made = c.machine.memory().allocate_device(c.gpu, bytes);
    if (made == nullptr) return cudaErrorMemoryAllocation;
    const double gib = static_cast<double>(bytes) / (std::uint64_t{1} << 30);
    c.machine.extend_call(gib * c.machine.file().driver.map_us_per_gib * 1e3);
    *pointer = made->address;
    return cudaSuccess;
  });
}

cudaError_t cudaFree(void* pointer) {
  return release(pointer, [](Kind kind) { return kind == Kind::device || kind == Kind::managed; });
}

cudaError_t cudaMallocHost(void** pointer, size_t bytes) {
  return allocate_host(pointer, bytes, cudaHostAllocDefault, Kind::host);
}

cudaError_t cudaHostAlloc(void** pointer, size_t bytes, unsigned int flags) {
  constexpr unsigned known =
      cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined;
  if ((flags & ~known) != 0) return refuse(cudaErrorInvalidValue);
  return allocate_host(pointer, bytes, flags, Kind::host);
}

cudaError_t cudaMallocManaged(void** pointer, size_t bytes, unsigned int flags) {
  if (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost) {
    return refuse(cudaErrorInvalidValue);
  }
  return allocate_host(pointer, bytes, flags, Kind::managed);
}

cudaError_t cudaFreeHost(void* pointer) {
  return release(pointer, [](Kind kind) { return kind == Kind::host; });
}

cudaError_t cudaHostRegister(void* pointer, size_t bytes, unsigned int flags) {
  return call(allocate, [&](Call& c) {
    constexpr unsigned known = cudaHostRegisterPortable | cudaHostRegisterMapped |
                               cudaHostRegisterIoMemory | cudaHostRegisterReadOnly;
    if (pointer == nullptr || bytes == 0 || (flags & ~known) != 0) return cudaErrorInvalidValue;
    if ((flags & cudaHostRegisterReadOnly) != 0 &&
        attribute(c.machine, c.gpu, cudaDevAttrHostRegisterReadOnlySupported) != 1) {
      return cudaErrorNotSupported;
    }
    const bool done = c.machine.memory().register_host(pointer, bytes, flags) != nullptr;
    return done ? cudaSuccess : cudaErrorHostMemoryAlreadyRegistered;
  });
}

cudaError_t cudaHostUnregister(void* pointer) {
  const cudaError_t error = release(pointer, [](Kind kind) { return kind == Kind::registered; });
  return error == cudaErrorInvalidValue ? remember(cudaErrorHostMemoryNotRegistered) : error;
}

cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned int flags) {
  return call(other, [&](Call& c) {
    if (device == nullptr || flags != 0) return cudaErrorInvalidValue;
    const auto known = c.machine.memory().find(host).allocation;
    const bool mapped = known && known->kind != Kind::device;
    const bool pageable = attribute(c.machine, c.gpu, cudaDevAttrPageableMemoryAccess) == 1;
    if (!mapped && !pageable) return cudaErrorInvalidValue;
    *device = host;  // one address space
    return cudaSuccess;
  });
}

cudaError_t cudaHostGetFlags(unsigned int* flags, void* host) {
  return call(other, [&](Call& c) {
    const auto known = c.machine.memory().find(host).allocation;
    if (flags == nullptr || !known || known->kind != Kind::host) return cudaErrorInvalidValue;
    *flags = known->flags | cudaHostAllocMapped;
    return cudaSuccess;
  });
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return call(other, [&](Call& c) {
    if (free == nullptr || total == nullptr) return cudaErrorInvalidValue;
    *total = c.machine.gpu(c.gpu).memory_bytes;
    *free = c.machine.memory().capacity(c.gpu) - c.machine.memory().used(c.gpu);
    return cudaSuccess;
  });
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes* attributes,
                                     const void* pointer) {
  return call(other, [&](Call& c) {
    if (attributes == nullptr) return cudaErrorInvalidValue;
    *attributes = {};
    const auto known = c.machine.memory().find(pointer).allocation;
    auto* address = const_cast<void*>(pointer);
    if (!known) {
      attributes->type = cudaMemoryTypeUnregistered;
      attributes->device = -2;  // cudaInvalidDeviceId
      attributes->hostPointer = address;
      if (attribute(c.machine, c.gpu, cudaDevAttrPageableMemoryAccess) == 1) {
        attributes->devicePointer = address;
      }
      return cudaSuccess;
    }
    attributes->type = known->kind == Kind::device    ? cudaMemoryTypeDevice
                       : known->kind == Kind::managed ? cudaMemoryTypeManaged
                                                      : cudaMemoryTypeHost;
    attributes->device = std::max(0, c.ordinal_of(std::max(0, known->gpu)));
    attributes->devicePointer = address;
    attributes->hostPointer = known->kind == Kind::device ? nullptr : address;
    return cudaSuccess;
  });
}

}  // extern "C"
