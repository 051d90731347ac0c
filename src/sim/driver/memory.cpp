// SPDX-License-Identifier: Apache-2.0
// Memory: allocation, what a pointer is, copies and fills.
#include <algorithm>
#include <cstring>

#include "sim/driver/context.hpp"

using namespace gpusim;

namespace {

/// `count` elements of `width` bytes.
CUresult fill(CUdeviceptr to, unsigned value, std::size_t count, std::size_t width, CUstream stream,
              bool hold, const char* name = __builtin_FUNCTION()) {
  return in_context([&] {
    return call({&HostCallCosts::copy_us, name}, [&](Call& c) {
      Stream* const in = c.stream(stream);
      if (in == nullptr) return cudaErrorInvalidResourceHandle;
      if (to % width != 0) return cudaErrorInvalidValue;
      return c.machine.set(pointer_of(to), value, count * width, *in, hold, width);
    });
  });
}

CUresult copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return in_context([&] { return cudaMemcpy(to, from, bytes, kind); });
}

CUresult copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, CUstream stream) {
  return in_context([&] { return cudaMemcpyAsync(to, from, bytes, kind, stream); });
}

template <typename T>
cudaError_t put(void* data, T value) {
  std::memcpy(data, &value, sizeof(T));
  return cudaSuccess;
}

/// One attribute of memory that CUDA knows.
cudaError_t attribute_of(const Call& c, const Location& location, CUpointer_attribute attribute,
                         CUdeviceptr address, void* data) {
  using Kind = Allocation::Kind;
  const Allocation& known = *location.allocation;
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      return put(data, known.kind == Kind::host || known.kind == Kind::registered
                           ? CU_MEMORYTYPE_HOST
                           : CU_MEMORYTYPE_DEVICE);
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
      return put(data, address);
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      return known.kind == Kind::device ? cudaErrorInvalidValue : put(data, pointer_of(address));
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
      return put(data, known.kind == Kind::managed ? 1u : 0u);
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
      return put(data, std::max(0, c.ordinal_of(std::max(0, known.gpu))));
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
      return put(data, reinterpret_cast<CUdeviceptr>(known.address));
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
      return put(data, known.bytes);
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
      return put(data, static_cast<unsigned long long>(known.number));
    case CU_POINTER_ATTRIBUTE_MAPPED:
      return put(data, 1u);
    default:
      return cudaErrorNotSupported;
  }
}

}  // namespace

extern "C" {

CUresult cuMemGetInfo(std::size_t* free, std::size_t* total) {
  return in_context([&] { return cudaMemGetInfo(free, total); });
}

CUresult cuMemAlloc(CUdeviceptr* address, std::size_t bytes) {
  if (address == nullptr || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  return in_context([&] { return cudaMalloc(reinterpret_cast<void**>(address), bytes); });
}

CUresult cuMemAllocManaged(CUdeviceptr* address, std::size_t bytes, unsigned flags) {
  if (address == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return in_context(
      [&] { return cudaMallocManaged(reinterpret_cast<void**>(address), bytes, flags); });
}

CUresult cuMemFree(CUdeviceptr address) {
  return in_context([&] { return cudaFree(pointer_of(address)); });
}

CUresult cuMemAllocHost(void** pointer, std::size_t bytes) {
  return in_context([&] { return cudaMallocHost(pointer, bytes); });
}

CUresult cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned flags) {
  return in_context([&] { return cudaHostAlloc(pointer, bytes, flags); });
}

CUresult cuMemFreeHost(void* pointer) {
  return in_context([&] { return cudaFreeHost(pointer); });
}

CUresult cuMemHostRegister(void* pointer, std::size_t bytes, unsigned flags) {
  return in_context([&] { return cudaHostRegister(pointer, bytes, flags); });
}

CUresult cuMemHostUnregister(void* pointer) {
  return in_context([&] { return cudaHostUnregister(pointer); });
}

CUresult cuMemHostGetDevicePointer(CUdeviceptr* address, void* pointer, unsigned flags) {
  return in_context(
      [&] { return cudaHostGetDevicePointer(reinterpret_cast<void**>(address), pointer, flags); });
}

CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return copy(pointer_of(to), pointer_of(from), bytes, cudaMemcpyDefault);
}
CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return copy(pointer_of(to), pointer_of(from), bytes, cudaMemcpyDefault, stream);
}
CUresult cuMemcpyHtoD(CUdeviceptr to, const void* from, std::size_t bytes) {
  return copy(pointer_of(to), from, bytes, cudaMemcpyHostToDevice);
}
CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream) {
  return copy(pointer_of(to), from, bytes, cudaMemcpyHostToDevice, stream);
}
CUresult cuMemcpyDtoH(void* to, CUdeviceptr from, std::size_t bytes) {
  return copy(to, pointer_of(from), bytes, cudaMemcpyDeviceToHost);
}
CUresult cuMemcpyDtoHAsync(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return copy(to, pointer_of(from), bytes, cudaMemcpyDeviceToHost, stream);
}
CUresult cuMemcpyDtoD(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return copy(pointer_of(to), pointer_of(from), bytes, cudaMemcpyDeviceToDevice);
}
CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return copy(pointer_of(to), pointer_of(from), bytes, cudaMemcpyDeviceToDevice, stream);
}

CUresult cuMemcpyPeer(CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                      CUcontext from_context, std::size_t bytes) {
  if (!is_context(to_context) || !is_context(from_context)) return CUDA_ERROR_INVALID_CONTEXT;
  return in_context([&] {
    return cudaMemcpyPeer(pointer_of(to), to_context->ordinal, pointer_of(from),
                          from_context->ordinal, bytes);
  });
}
CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                           CUcontext from_context, std::size_t bytes, CUstream stream) {
  if (!is_context(to_context) || !is_context(from_context)) return CUDA_ERROR_INVALID_CONTEXT;
  return in_context([&] {
    return cudaMemcpyPeerAsync(pointer_of(to), to_context->ordinal, pointer_of(from),
                               from_context->ordinal, bytes, stream);
  });
}

CUresult cuMemsetD8(CUdeviceptr to, unsigned char value, std::size_t count) {
  return fill(to, value, count, 1, nullptr, true);
}
CUresult cuMemsetD16(CUdeviceptr to, unsigned short value, std::size_t count) {
  return fill(to, value, count, 2, nullptr, true);
}
CUresult cuMemsetD32(CUdeviceptr to, unsigned value, std::size_t count) {
  return fill(to, value, count, 4, nullptr, true);
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream) {
  return fill(to, value, count, 1, stream, false);
}
CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count,
                          CUstream stream) {
  return fill(to, value, count, 2, stream, false);
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream) {
  return fill(to, value, count, 4, stream, false);
}

CUresult cuPointerGetAttribute(void* data, CUpointer_attribute attribute, CUdeviceptr address) {
  return in_context([&] {
    return call(&HostCallCosts::other_us, [&](Call& c) {
      const Location location = c.machine.memory().find(pointer_of(address));
      if (data == nullptr || location.allocation == nullptr) return cudaErrorInvalidValue;
      if (attribute == CU_POINTER_ATTRIBUTE_CONTEXT) return put(data, current_context());
      return attribute_of(c, location, attribute, address, data);
    });
  });
}

CUresult cuPointerGetAttributes(unsigned count, CUpointer_attribute* attributes, void** data,
                                CUdeviceptr address) {
  if (attributes == nullptr || data == nullptr) return CUDA_ERROR_INVALID_VALUE;
  for (unsigned i = 0; i < count; ++i) {
    const CUresult got = cuPointerGetAttribute(data[i], attributes[i], address);
    if (got != CUDA_SUCCESS) return got;
  }
  return CUDA_SUCCESS;
}

}  // extern "C"
