// SPDX-License-Identifier: Apache-2.0
#include "sim/cudart/attributes.hpp"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <string>

namespace gpusim {
namespace {

struct Named {
  int number;
  const char* name;
};

constexpr Named names[] = {
#include "cudart_attributes.inc"
};

const char* name_of(int number) {
  for (const Named& entry : names) {
    if (entry.number == number) return entry.name;
  }
  return nullptr;
}

unsigned bus_id_part(const std::string& id, int part) {
  unsigned parts[3] = {0, 0, 0};
  std::sscanf(id.c_str(), "%x:%x:%x", &parts[0], &parts[1], &parts[2]);
  return parts[part];
}

/// Shared memory of one multiprocessor and the most one block may ask for, in KiB, and its threads
/// and blocks, by compute capability (CUDA C++ Programming Guide, "Compute Capabilities").
struct Multiprocessor {
  int shared_kib, block_optin_kib, threads, blocks;
};

Multiprocessor multiprocessor(const GpuDescription& gpu) {
  const int capability = gpu.compute_major * 10 + gpu.compute_minor;
  switch (capability) {
    case 60:
      return {64, 48, 2048, 32};
    case 70:
      return {96, 96, 2048, 32};
    case 75:
      return {64, 64, 1024, 16};
    case 80:
      return {164, 163, 2048, 32};
    case 87:
      return {164, 163, 1536, 16};
    case 86:
      return {100, 99, 1536, 16};
    case 89:
      return {100, 99, 1536, 24};
    case 90:
    case 100:
    case 103:
      return {228, 227, 2048, 32};
    case 110:
      return {228, 227, 1536, 24};
    default:
      return {100, 99, 1536, 24};
  }
}

/// What of the L2 can be set aside: three quarters since compute capability 8.0 (CUDA C++
/// Programming Guide, "L2 Set-Aside"), five eighths since 9.0 (an H200 reports 37.5 of 60 MiB); of
/// later ones inferred. Nothing of a slice, for which the guide says that it is off.
std::uint64_t persisting_l2(const GpuDescription& gpu) {
  if (gpu.compute_major < 8 || gpu.mig == "enabled") return 0;
  return gpu.compute_major == 8 ? gpu.l2_bytes / 4 * 3 : gpu.l2_bytes / 8 * 5;
}

}  // namespace

std::optional<int> attribute(const SimulatedMachine& machine, int index, int number) {
  const GpuDescription& gpu = machine.gpu(index);
  const char* name = name_of(number);
  if (name == nullptr) return std::nullopt;
  const auto given = gpu.attributes.find(name);
  if (given != gpu.attributes.end()) return given->second;

  const Multiprocessor sm = multiprocessor(gpu);
  const auto capped = [](std::uint64_t value) {
    return static_cast<int>(std::min<std::uint64_t>(value, INT_MAX));
  };
  switch (number) {
    case cudaDevAttrMaxThreadsPerBlock:
    case cudaDevAttrMaxBlockDimX:
    case cudaDevAttrMaxBlockDimY:
      return 1024;
    case cudaDevAttrMaxBlockDimZ:
      return 64;
    case cudaDevAttrMaxGridDimX:
      return INT_MAX;
    case cudaDevAttrMaxGridDimY:
    case cudaDevAttrMaxGridDimZ:
      return 65535;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      return 48 << 10;
    case cudaDevAttrTotalConstantMemory:
      return 64 << 10;
    case cudaDevAttrWarpSize:
      return 32;
    case cudaDevAttrMaxPitch:
      return INT_MAX;
    case cudaDevAttrMaxRegistersPerBlock:
    case cudaDevAttrMaxRegistersPerMultiprocessor:
      return 65536;
    case cudaDevAttrClockRate:
      return gpu.sm_clock_khz;
    case cudaDevAttrMemoryClockRate:
      return gpu.memory_clock_khz;
    case cudaDevAttrTextureAlignment:
    case cudaDevAttrSurfaceAlignment:
      return 512;
    case cudaDevAttrTexturePitchAlignment:
      return 32;
    case cudaDevAttrMultiProcessorCount:
      return gpu.multiprocessors;
    case cudaDevAttrGlobalMemoryBusWidth:
      return gpu.memory_bus_bits;
    case cudaDevAttrL2CacheSize:
      return capped(gpu.l2_bytes);
    case cudaDevAttrMaxPersistingL2CacheSize:
      return capped(persisting_l2(gpu));
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      return sm.threads;
    case cudaDevAttrMaxBlocksPerMultiprocessor:
      return sm.blocks;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      return sm.shared_kib << 10;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      return sm.block_optin_kib << 10;
    case cudaDevAttrReservedSharedMemoryPerBlock:
      return gpu.compute_major >= 8 ? 1 << 10 : 0;
    case cudaDevAttrAsyncEngineCount:
      return gpu.copy_engines;
    case cudaDevAttrComputeCapabilityMajor:
      return gpu.compute_major;
    case cudaDevAttrComputeCapabilityMinor:
      return gpu.compute_minor;
    case cudaDevAttrPciDomainId:
      return static_cast<int>(bus_id_part(gpu.pci_bus_id, 0));
    case cudaDevAttrPciBusId:
      return static_cast<int>(bus_id_part(gpu.pci_bus_id, 1));
    case cudaDevAttrPciDeviceId:
      return static_cast<int>(bus_id_part(gpu.pci_bus_id, 2));
    case cudaDevAttrHostNumaId:
      return gpu.numa_node;
    case cudaDevAttrNumaId:
      return -1;
    case cudaDevAttrGpuOverlap:
    case cudaDevAttrCanMapHostMemory:
    case cudaDevAttrConcurrentKernels:
    case cudaDevAttrUnifiedAddressing:
    case cudaDevAttrStreamPrioritiesSupported:
    case cudaDevAttrGlobalL1CacheSupported:
    case cudaDevAttrLocalL1CacheSupported:
    case cudaDevAttrManagedMemory:
    case cudaDevAttrComputePreemptionSupported:
    case cudaDevAttrCooperativeLaunch:
    case cudaDevAttrHostRegisterSupported:
    case cudaDevAttrMemoryPoolsSupported:
      return 1;
    default:
      return 0;
  }
}

int resident_blocks(const SimulatedMachine& machine, int gpu, int threads, std::size_t shared) {
  const auto of = [&](cudaDeviceAttr number) {
    return attribute(machine, gpu, number).value_or(0);
  };
  const int blocks = std::min(of(cudaDevAttrMaxThreadsPerMultiProcessor) / threads,
                              of(cudaDevAttrMaxBlocksPerMultiprocessor));
  if (shared == 0) return blocks;
  const auto room = static_cast<std::size_t>(of(cudaDevAttrMaxSharedMemoryPerMultiprocessor));
  return std::min(blocks, static_cast<int>(room / shared));
}

std::size_t most_dynamic_shared(SimulatedMachine& machine, int gpu, const std::string& kernel) {
  const auto set = machine.dynamic_shared().find({kernel, gpu});
  return static_cast<std::size_t>(
      set != machine.dynamic_shared().end()
          ? set->second
          : attribute(machine, gpu, cudaDevAttrMaxSharedMemoryPerBlock).value_or(0));
}

}  // namespace gpusim

using namespace gpusim;

extern "C" cudaError_t cudaDeviceGetAttribute(int* value, enum cudaDeviceAttr number, int device) {
  return call({&HostCallCosts::other_us, Needs::driver}, [&](Call& c) {
    if (value == nullptr) return cudaErrorInvalidValue;
    if (!c.is_device(device)) return cudaErrorInvalidDevice;
    const auto found = attribute(c.machine, c.physical(device), number);
    if (!found) return cudaErrorInvalidValue;
    *value = *found;
    return cudaSuccess;
  });
}
