// SPDX-License-Identifier: Apache-2.0
// cudaDeviceProp, filled from the same attributes a program could ask for one by one.
#include <cctype>
#include <cstdio>
#include <cstring>
#include <string>

#include "sim/cudart/attributes.hpp"

using namespace gpusim;

namespace {

/// The 16 bytes of "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" (or "MIG-..."); zero where the text
/// is too short.
cudaUUID_t read_uuid(const std::string& text) {
  cudaUUID_t uuid = {};
  std::string digits;
  const bool prefixed = text.starts_with("GPU-") || text.starts_with("MIG-");
  for (char c : prefixed ? text.substr(4) : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
  }
  for (std::size_t i = 0; i < sizeof uuid.bytes && 2 * i + 1 < digits.size(); ++i) {
    uuid.bytes[i] = static_cast<char>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
  }
  return uuid;
}

void fill(cudaDeviceProp& prop, const SimulatedMachine& machine, int gpu) {
  const GpuDescription& described = machine.gpu(gpu);
  const auto of = [&](cudaDeviceAttr number) {
    return attribute(machine, gpu, number).value_or(0);
  };
  const auto size_of = [&](cudaDeviceAttr number) { return static_cast<std::size_t>(of(number)); };
  prop = {};
  std::snprintf(prop.name, sizeof prop.name, "%s", described.name.c_str());
  prop.uuid = read_uuid(described.uuid);
  prop.totalGlobalMem = described.memory_bytes;
  prop.sharedMemPerBlock = size_of(cudaDevAttrMaxSharedMemoryPerBlock);
  prop.regsPerBlock = of(cudaDevAttrMaxRegistersPerBlock);
  prop.warpSize = of(cudaDevAttrWarpSize);
  prop.memPitch = size_of(cudaDevAttrMaxPitch);
  prop.maxThreadsPerBlock = of(cudaDevAttrMaxThreadsPerBlock);
  prop.maxThreadsDim[0] = of(cudaDevAttrMaxBlockDimX);
  prop.maxThreadsDim[1] = of(cudaDevAttrMaxBlockDimY);
  prop.maxThreadsDim[2] = of(cudaDevAttrMaxBlockDimZ);
  prop.maxGridSize[0] = of(cudaDevAttrMaxGridDimX);
  prop.maxGridSize[1] = of(cudaDevAttrMaxGridDimY);
  prop.maxGridSize[2] = of(cudaDevAttrMaxGridDimZ);
  prop.totalConstMem = size_of(cudaDevAttrTotalConstantMemory);
  prop.major = described.compute_major;
  prop.minor = described.compute_minor;
  prop.textureAlignment = size_of(cudaDevAttrTextureAlignment);
  prop.texturePitchAlignment = size_of(cudaDevAttrTexturePitchAlignment);
  prop.multiProcessorCount = described.multiprocessors;
  prop.integrated = of(cudaDevAttrIntegrated);
  prop.canMapHostMemory = of(cudaDevAttrCanMapHostMemory);
  prop.surfaceAlignment = size_of(cudaDevAttrSurfaceAlignment);
  prop.concurrentKernels = of(cudaDevAttrConcurrentKernels);
  prop.ECCEnabled = of(cudaDevAttrEccEnabled);
  prop.pciBusID = of(cudaDevAttrPciBusId);
  prop.pciDeviceID = of(cudaDevAttrPciDeviceId);
  prop.pciDomainID = of(cudaDevAttrPciDomainId);
  prop.asyncEngineCount = of(cudaDevAttrAsyncEngineCount);
  prop.unifiedAddressing = of(cudaDevAttrUnifiedAddressing);
  prop.memoryBusWidth = of(cudaDevAttrGlobalMemoryBusWidth);
  prop.l2CacheSize = of(cudaDevAttrL2CacheSize);
  prop.persistingL2CacheMaxSize = of(cudaDevAttrMaxPersistingL2CacheSize);
  prop.maxThreadsPerMultiProcessor = of(cudaDevAttrMaxThreadsPerMultiProcessor);
  prop.streamPrioritiesSupported = of(cudaDevAttrStreamPrioritiesSupported);
  prop.globalL1CacheSupported = of(cudaDevAttrGlobalL1CacheSupported);
  prop.localL1CacheSupported = of(cudaDevAttrLocalL1CacheSupported);
  prop.sharedMemPerMultiprocessor = size_of(cudaDevAttrMaxSharedMemoryPerMultiprocessor);
  prop.regsPerMultiprocessor = of(cudaDevAttrMaxRegistersPerMultiprocessor);
  prop.managedMemory = of(cudaDevAttrManagedMemory);
  prop.isMultiGpuBoard = of(cudaDevAttrIsMultiGpuBoard);
  prop.multiGpuBoardGroupID = of(cudaDevAttrMultiGpuBoardGroupID);
  prop.hostNativeAtomicSupported = of(cudaDevAttrHostNativeAtomicSupported);
  prop.pageableMemoryAccess = of(cudaDevAttrPageableMemoryAccess);
  prop.concurrentManagedAccess = of(cudaDevAttrConcurrentManagedAccess);
  prop.computePreemptionSupported = of(cudaDevAttrComputePreemptionSupported);
  prop.canUseHostPointerForRegisteredMem = of(cudaDevAttrCanUseHostPointerForRegisteredMem);
  prop.cooperativeLaunch = of(cudaDevAttrCooperativeLaunch);
  prop.sharedMemPerBlockOptin = size_of(cudaDevAttrMaxSharedMemoryPerBlockOptin);
  prop.pageableMemoryAccessUsesHostPageTables =
      of(cudaDevAttrPageableMemoryAccessUsesHostPageTables);
  prop.directManagedMemAccessFromHost = of(cudaDevAttrDirectManagedMemAccessFromHost);
  prop.maxBlocksPerMultiProcessor = of(cudaDevAttrMaxBlocksPerMultiprocessor);
  prop.accessPolicyMaxWindowSize = of(cudaDevAttrMaxAccessPolicyWindowSize);
  prop.reservedSharedMemPerBlock = size_of(cudaDevAttrReservedSharedMemoryPerBlock);
  prop.hostRegisterSupported = of(cudaDevAttrHostRegisterSupported);
  prop.memoryPoolsSupported = of(cudaDevAttrMemoryPoolsSupported);
  prop.gpuDirectRDMASupported = of(cudaDevAttrGPUDirectRDMASupported);
  prop.clusterLaunch = of(cudaDevAttrClusterLaunch);
#if CUDART_VERSION >= 13000
  prop.hostNumaId = of(cudaDevAttrHostNumaId);
  prop.gpuPciDeviceID = described.pci_device_id;
#else
  prop.clockRate = described.sm_clock_khz;
  prop.memoryClockRate = described.memory_clock_khz;
  prop.deviceOverlap = of(cudaDevAttrGpuOverlap);
#endif
}

}  // namespace

extern "C" cudaError_t cudaGetDeviceProperties(cudaDeviceProp* prop, int device) {
  return call({&HostCallCosts::other_us, Needs::driver}, [&](Call& c) {
    if (prop == nullptr) return cudaErrorInvalidValue;
    if (!c.is_device(device)) return cudaErrorInvalidDevice;
    fill(*prop, c.machine, c.physical(device));
    return cudaSuccess;
  });
}
