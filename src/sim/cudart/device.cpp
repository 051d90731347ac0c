// SPDX-License-Identifier: Apache-2.0
// Choosing, counting, naming and resetting GPUs; versions.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "sim/cudart/attributes.hpp"

using namespace gpusim;

namespace {

constexpr Cost other = &HostCallCosts::other_us;

/// "0000:01:00.0" in numbers; false when it is none.
bool read_bus_id(const char* text, unsigned& domain, unsigned& bus, unsigned& device) {
  if (std::sscanf(text, "%x:%x:%x", &domain, &bus, &device) == 3) return true;
  domain = 0;
  return std::sscanf(text, "%x:%x", &bus, &device) == 2;
}

/// Whether all of them are flags of a device, with no more than one way to wait.
bool are_device_flags(unsigned flags) {
  constexpr unsigned known =
      cudaDeviceScheduleMask | cudaDeviceMapHost | cudaDeviceLmemResizeToMax | cudaDeviceSyncMemops;
  const unsigned schedule = flags & cudaDeviceScheduleMask;
  return (flags & ~known) == 0 && (schedule & (schedule - 1)) == 0;
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  if (count == nullptr) return remember(cudaErrorInvalidValue);
  *count = 0;
  return call({other, Needs::driver}, [&](Call& c) {
    *count = c.device_count();
    return cudaSuccess;
  });
}

// Since CUDA 12 it makes the context.
cudaError_t cudaSetDevice(int device) {
  return call({other, Needs::process}, [&](Call& c) {
    if (!c.is_device(device)) return cudaErrorInvalidDevice;
    const cudaError_t gone = c.lost(c.physical(device));
    if (gone != cudaSuccess) return gone;
    const cudaError_t held = c.machine.need_context(c.physical(device));
    if (held != cudaSuccess) return held;
    set_current_ordinal(device);
    return cudaSuccess;
  });
}

cudaError_t cudaInitDevice(int device, unsigned int device_flags, unsigned int flags) {
  return call({other, Needs::process}, [&](Call& c) {
    if (!c.is_device(device)) return cudaErrorInvalidDevice;
    const bool given = flags == cudaInitDeviceFlagsAreValid;
    if ((flags != 0 && !given) || (given && !are_device_flags(device_flags))) {
      return cudaErrorInvalidValue;
    }
    const cudaError_t gone = c.lost(c.physical(device));
    if (gone != cudaSuccess) return gone;
    const cudaError_t held = c.machine.need_context(c.physical(device));
    if (held != cudaSuccess) return held;
    if (given) c.machine.device_flags()[c.physical(device)] = device_flags;
    return cudaSuccess;
  });
}

cudaError_t cudaGetDevice(int* device) {
  if (device == nullptr) return remember(cudaErrorInvalidValue);
  return call({other, Needs::driver}, [&](Call& c) {
    *device = c.ordinal;
    return cudaSuccess;
  });
}

cudaError_t cudaSetDeviceFlags(unsigned int flags) {
  return call({other, Needs::process}, [&](Call& c) {
    if (!are_device_flags(flags)) return cudaErrorInvalidValue;
    c.machine.device_flags()[c.gpu] = flags;
    return cudaSuccess;
  });
}

cudaError_t cudaGetDeviceFlags(unsigned int* flags) {
  return call({other, Needs::process}, [&](Call& c) {
    if (flags == nullptr) return cudaErrorInvalidValue;
    const auto set = c.machine.device_flags().find(c.gpu);
    *flags = cudaDeviceMapHost;  // implied for every context
    if (set != c.machine.device_flags().end()) *flags |= set->second;
    return cudaSuccess;
  });
}

cudaError_t cudaSetValidDevices(int* devices, int count) {
  return call({other, Needs::process}, [&](Call& c) {
    if (count < 0 || (devices == nullptr && count > 0)) return cudaErrorInvalidValue;
    for (int i = 0; i < count; ++i) {
      if (!c.is_device(devices[i])) return cudaErrorInvalidDevice;
    }
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetPCIBusId(char* text, int bytes, int device) {
  return call({other, Needs::driver}, [&](Call& c) {
    if (!c.is_device(device)) return cudaErrorInvalidDevice;
    const std::string& id = c.machine.gpu(c.physical(device)).pci_bus_id;
    if (text == nullptr || bytes <= static_cast<int>(id.size())) return cudaErrorInvalidValue;
    std::memcpy(text, id.c_str(), id.size() + 1);
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* text) {
  return call({other, Needs::driver}, [&](Call& c) {
    unsigned wanted[3], found[3];
    if (device == nullptr || text == nullptr ||
        !read_bus_id(text, wanted[0], wanted[1], wanted[2])) {
      return cudaErrorInvalidValue;
    }
    for (int i = 0; i < c.device_count(); ++i) {
      const std::string& id = c.machine.gpu(c.physical(i)).pci_bus_id;
      if (!read_bus_id(id.c_str(), found[0], found[1], found[2])) continue;
      if (std::memcmp(wanted, found, sizeof found) != 0) continue;
      *device = i;
      return cudaSuccess;
    }
    return cudaErrorInvalidDevice;
  });
}

cudaError_t cudaDeviceSynchronize() {
  return call(&HostCallCosts::synchronize_us,
              [](Call& c) { return c.machine.block_on_gpu(c.gpu); });
}

cudaError_t cudaDeviceReset() {
  const cudaError_t error = call({&HostCallCosts::allocate_us, Needs::driver}, [](Call& c) {
    const cudaError_t gone = c.lost(c.gpu);
    if (gone == cudaSuccess) c.machine.reset_gpu(c.gpu);
    return gone;
  });
  if (error == cudaSuccess) last_error(true);
  return error;
}

cudaError_t cudaDriverGetVersion(int* version) {
  if (version == nullptr) return remember(cudaErrorInvalidValue);
  const Session now = session();
  *version = now.machine == nullptr ? 0 : now.machine->file().cuda_version;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  if (version == nullptr) return remember(cudaErrorInvalidValue);
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetLastError() { return last_error(true); }

cudaError_t cudaPeekAtLastError() { return last_error(false); }

cudaError_t cudaProfilerStart() {
  return call(other, [](Call&) { return cudaSuccess; });
}

cudaError_t cudaProfilerStop() {
  return call(other, [](Call&) { return cudaSuccess; });
}

cudaError_t cudaDeviceGetLimit(size_t* value, enum cudaLimit limit) {
  return call(other, [&](Call& c) {
    if (value == nullptr) return cudaErrorInvalidValue;
    const auto set = c.machine.limits().find({c.gpu, static_cast<int>(limit)});
    if (set != c.machine.limits().end()) {
      *value = set->second;
      return cudaSuccess;
    }
    switch (limit) {  // the defaults a driver reports
      case cudaLimitStackSize:
        *value = 1024;
        return cudaSuccess;
      case cudaLimitPrintfFifoSize:
        *value = 1 << 20;
        return cudaSuccess;
      case cudaLimitMallocHeapSize:
        *value = 8 << 20;
        return cudaSuccess;
      case cudaLimitMaxL2FetchGranularity:
        *value = 64;
        return cudaSuccess;
      case cudaLimitPersistingL2CacheSize:
        *value = 0;
        return cudaSuccess;
      default:
        return cudaErrorUnsupportedLimit;
    }
  });
}

cudaError_t cudaDeviceSetLimit(enum cudaLimit limit, size_t value) {
  return call(other, [&](Call& c) {
    if (limit < cudaLimitStackSize || limit > cudaLimitPersistingL2CacheSize) {
      return cudaErrorUnsupportedLimit;
    }
    if (limit == cudaLimitPersistingL2CacheSize) {
      const int most = attribute(c.machine, c.gpu, cudaDevAttrMaxPersistingL2CacheSize).value_or(0);
      if (most == 0) return cudaErrorUnsupportedLimit;
      value = std::min(value, static_cast<std::size_t>(most));
    }
    c.machine.limits()[{c.gpu, static_cast<int>(limit)}] = value;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetCacheConfig(enum cudaFuncCache* config) {
  return call(other, [&](Call&) {
    if (config == nullptr) return cudaErrorInvalidValue;
    *config = cudaFuncCachePreferNone;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceSetCacheConfig(enum cudaFuncCache) {
  return call(other, [](Call&) { return cudaSuccess; });
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return call(other, [&](Call&) {
    if (least != nullptr) *least = least_priority;
    if (greatest != nullptr) *greatest = greatest_priority;
    return cudaSuccess;
  });
}

cudaError_t cudaCtxResetPersistingL2Cache() {
  return call(other, [](Call&) { return cudaSuccess; });
}

}  // extern "C"
