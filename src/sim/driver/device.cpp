// SPDX-License-Identifier: Apache-2.0
// Starting the driver, its GPUs, and the names of its results.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "sim/driver/context.hpp"

using namespace gpusim;

namespace {

struct NamedResult {
  int number;
  const char* name;
};

constexpr NamedResult results[] = {
#include "cuda_results.inc"
};

const NamedResult* find(CUresult number) {
  for (const NamedResult& result : results) {
    if (result.number == static_cast<int>(number)) return &result;
  }
  return nullptr;
}

/// Runs `body(machine, physical number)` for a GPU of the program's.
template <typename Body>
CUresult on_device(CUdevice device, Body&& body) {
  return in_driver([&] {
    return call({&HostCallCosts::other_us, Needs::driver}, [&](Call& c) {
      if (!c.is_device(device)) return cudaErrorInvalidDevice;
      return body(c.machine, c.physical(device));
    });
  });
}

CUresult uuid_of(CUuuid* uuid, CUdevice device) {
  cudaDeviceProp properties;
  const CUresult asked = in_driver([&] { return cudaGetDeviceProperties(&properties, device); });
  if (asked != CUDA_SUCCESS) return asked;
  if (uuid == nullptr) return CUDA_ERROR_INVALID_VALUE;
  std::memcpy(uuid->bytes, properties.uuid.bytes, sizeof uuid->bytes);
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuInit(unsigned flags) {
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  int count = 0;
  const CUresult counted = result_of(cudaGetDeviceCount(&count));
  // There is no driver to say so: a program without one does not even start.
  if (counted == static_cast<CUresult>(cudaErrorInsufficientDriver)) return CUDA_ERROR_NO_DEVICE;
  if (counted == CUDA_SUCCESS) set_initialized();
  return counted;
}

CUresult cuDriverGetVersion(int* version) { return result_of(cudaDriverGetVersion(version)); }

CUresult cuDeviceGetCount(int* count) {
  return in_driver([&] { return cudaGetDeviceCount(count); });
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return on_device(ordinal, [&](SimulatedMachine&, int) {
    *device = ordinal;
    return cudaSuccess;
  });
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return on_device(device, [&](SimulatedMachine& machine, int gpu) {
    if (name == nullptr || length <= 0) return cudaErrorInvalidValue;
    std::snprintf(name, static_cast<std::size_t>(length), "%s", machine.gpu(gpu).name.c_str());
    return cudaSuccess;
  });
}

CUresult cuDeviceTotalMem(std::size_t* bytes, CUdevice device) {
  return on_device(device, [&](SimulatedMachine& machine, int gpu) {
    if (bytes == nullptr) return cudaErrorInvalidValue;
    *bytes = machine.gpu(gpu).memory_bytes;
    return cudaSuccess;
  });
}

CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  return on_device(device, [&](SimulatedMachine& machine, int gpu) {
    if (major == nullptr || minor == nullptr) return cudaErrorInvalidValue;
    *major = machine.gpu(gpu).compute_major;
    *minor = machine.gpu(gpu).compute_minor;
    return cudaSuccess;
  });
}

// The runtime's attributes have the driver's numbers.
CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device) {
  return in_driver([&] {
    return cudaDeviceGetAttribute(value, static_cast<cudaDeviceAttr>(attribute), device);
  });
}

CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) { return uuid_of(uuid, device); }
CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) { return uuid_of(uuid, device); }

CUresult cuDeviceGetPCIBusId(char* text, int length, CUdevice device) {
  return in_driver([&] { return cudaDeviceGetPCIBusId(text, length, device); });
}

CUresult cuDeviceGetByPCIBusId(CUdevice* device, const char* text) {
  return in_driver([&] { return cudaDeviceGetByPCIBusId(device, text); });
}

CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
  return in_driver([&] { return cudaDeviceCanAccessPeer(can, device, peer); });
}

CUresult cuDeviceGetP2PAttribute(int* value, CUdevice_P2PAttribute attribute, CUdevice from,
                                 CUdevice to) {
  return in_driver([&] {
    return cudaDeviceGetP2PAttribute(value, static_cast<cudaDeviceP2PAttr>(attribute), from, to);
  });
}

CUresult cuGetErrorName(CUresult number, const char** name) {
  if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const NamedResult* result = find(number);
  *name = result == nullptr ? nullptr : result->name;
  return result == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult number, const char** text) {
  if (text == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const bool known = find(number) != nullptr;
  *text = known ? cudaGetErrorString(static_cast<cudaError_t>(number)) : nullptr;
  return known ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

}  // extern "C"
