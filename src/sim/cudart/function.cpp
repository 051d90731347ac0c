// SPDX-License-Identifier: Apache-2.0
// What a program may ask of a kernel.
#include "sim/cudart/attributes.hpp"
#include "sim/cudart/registry.hpp"

using namespace gpusim;

namespace {

constexpr Cost other = &HostCallCosts::other_us;

}  // namespace

extern "C" {

cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes* attributes, const void* function) {
  return call(other, [&](Call& c) {
    if (attributes == nullptr) return cudaErrorInvalidValue;
    const Kernel* kernel = find_kernel(function);
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    const GpuDescription& gpu = c.machine.gpu(c.gpu);
    // Asking loads the kernel: the documented way to have that done.
    const cudaError_t loaded = c.machine.load(kernel->name, c.gpu, true);
    if (loaded != cudaSuccess) return loaded;
    *attributes = {};
    attributes->maxThreadsPerBlock = 1024;
    attributes->numRegs = 32;
    attributes->binaryVersion = gpu.compute_major * 10 + gpu.compute_minor;
    attributes->ptxVersion = attributes->binaryVersion;
    attributes->maxDynamicSharedSizeBytes =
        static_cast<int>(most_dynamic_shared(c.machine, c.gpu, kernel->name));
    attributes->preferredShmemCarveout = -1;
    return cudaSuccess;
  });
}

cudaError_t cudaFuncSetAttribute(const void* function, enum cudaFuncAttribute which, int value) {
  return call(other, [&](Call& c) {
    const Kernel* kernel = find_kernel(function);
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    switch (static_cast<int>(which)) {
      case cudaFuncAttributeMaxDynamicSharedMemorySize:
        if (value < 0 ||
            value > attribute(c.machine, c.gpu, cudaDevAttrMaxSharedMemoryPerBlockOptin)) {
          return cudaErrorInvalidValue;
        }
        c.machine.dynamic_shared()[{kernel->name, c.gpu}] = value;
        return cudaSuccess;
      case cudaFuncAttributePreferredSharedMemoryCarveout:  // a hint, in percent
        return value >= -1 && value <= 100 ? cudaSuccess : cudaErrorInvalidValue;
      case cudaFuncAttributeRequiredClusterWidth:
      case cudaFuncAttributeRequiredClusterHeight:
      case cudaFuncAttributeRequiredClusterDepth:
        return cudaErrorNotSupported;  // there are no clusters of blocks
      case cudaFuncAttributeNonPortableClusterSizeAllowed:
      case cudaFuncAttributeClusterSchedulingPolicyPreference:
        return cudaSuccess;
      default:
        return cudaErrorInvalidValue;
    }
  });
}

cudaError_t cudaFuncSetCacheConfig(const void* function, enum cudaFuncCache) {
  return call(other, [&](Call&) {
    return find_kernel(function) == nullptr ? cudaErrorInvalidDeviceFunction : cudaSuccess;
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks,
                                                                   const void* function,
                                                                   int threads, size_t shared,
                                                                   unsigned int flags) {
  return call(other, [&](Call& c) {
    if (blocks == nullptr || threads <= 0 || flags > cudaOccupancyDisableCachingOverride) {
      return cudaErrorInvalidValue;
    }
    if (find_kernel(function) == nullptr) return cudaErrorInvalidDeviceFunction;
    *blocks = resident_blocks(c.machine, c.gpu, threads, shared);
    return cudaSuccess;
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function,
                                                          int threads, size_t shared) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads, shared,
                                                                0);
}

struct cudaChannelFormatDesc cudaCreateChannelDesc(int x, int y, int z, int w,
                                                   enum cudaChannelFormatKind kind) {
  return {x, y, z, w, kind};
}

}  // extern "C"
