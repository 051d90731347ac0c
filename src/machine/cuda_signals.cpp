// SPDX-License-Identifier: Apache-2.0
#include "machine/cuda_signals.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "machine/pci_address.hpp"

namespace peerbench::machine {

namespace {

/// A yes-or-no attribute. Runtimes that do not know it answer cudaErrorInvalidValue: unknown.
Signal attribute(int device, cudaDeviceAttr which) {
  int value = 0;
  const cudaError_t error = cudaDeviceGetAttribute(&value, which, device);
  if (error != cudaSuccess) {
    cudaGetLastError();  // otherwise the next launch would be blamed for it
    return {Tri::unknown, cudaGetErrorName(error)};
  }
  return {tri(value != 0), fmt::format("{}", value)};
}

std::string uuid_text(const cudaUUID_t& uuid) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(uuid.bytes[i]));
  }
  return text;
}

/// Whether the GPU's memory is a NUMA node of the system, as on coherent superchips.
Signal memory_node(int device) {
  int config = 0;
  int node = 0;
  const cudaError_t error = cudaDeviceGetAttribute(&config, cudaDevAttrNumaConfig, device);
  if (error != cudaSuccess) {
    cudaGetLastError();
    return {Tri::unknown, cudaGetErrorName(error)};
  }
  if (config != cudaDeviceNumaConfigNumaNode) return {Tri::no, "none"};
  if (cudaDeviceGetAttribute(&node, cudaDevAttrNumaId, device) != cudaSuccess) {
    cudaGetLastError();
    return {Tri::yes, "node"};
  }
  return {Tri::yes, fmt::format("node {}", node)};
}

/// An attribute that is a number; `otherwise` where the runtime does not know it.
int number(int device, cudaDeviceAttr which, int otherwise) {
  int value = otherwise;
  if (cudaDeviceGetAttribute(&value, which, device) == cudaSuccess) return value;
  cudaGetLastError();
  return otherwise;
}

std::optional<int> pair_number(int from, int to, cudaDeviceP2PAttr which, std::string& code) {
  int value = 0;
  const cudaError_t error = cudaDeviceGetP2PAttribute(&value, which, from, to);
  code = cudaGetErrorName(error);
  if (error == cudaSuccess) return value;
  cudaGetLastError();
  return std::nullopt;
}

GpuSignals read_gpu(int device) {
  GpuSignals signals;
  Gpu& gpu = signals.gpu;
  gpu.ordinal = device;
  cudaDeviceProp properties{};
  if (const cudaError_t error = cudaGetDeviceProperties(&properties, device);
      error == cudaSuccess) {
    gpu.model = properties.name;
    gpu.uuid = uuid_text(properties.uuid);
    gpu.compute_major = properties.major;
    gpu.compute_minor = properties.minor;
    gpu.multiprocessors = properties.multiProcessorCount;
    gpu.memory_bytes = properties.totalGlobalMem;
    gpu.l2_bytes = static_cast<Bytes>(properties.l2CacheSize);
    gpu.copy_engines = properties.asyncEngineCount;
  } else {
    cudaGetLastError();
    gpu.model = fmt::format("unknown ({})", cudaGetErrorName(error));
  }
  char bus_id[32] = "";
  if (cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, device) == cudaSuccess) {
    gpu.pci_bus_id = canonical_pci(bus_id);
  } else {
    cudaGetLastError();
  }
  gpu.numa_node = number(device, cudaDevAttrHostNumaId, -1);
  gpu.integrated = attribute(device, cudaDevAttrIntegrated);
  gpu.pageable_access = attribute(device, cudaDevAttrPageableMemoryAccess);
  gpu.host_page_tables = attribute(device, cudaDevAttrPageableMemoryAccessUsesHostPageTables);
  gpu.concurrent_managed = attribute(device, cudaDevAttrConcurrentManagedAccess);
  gpu.managed = attribute(device, cudaDevAttrManagedMemory);
  signals.exec_timeout = attribute(device, cudaDevAttrKernelExecTimeout);
  signals.memory_node = memory_node(device);
  signals.memory_clock_khz = number(device, cudaDevAttrMemoryClockRate, 0);
  signals.memory_bus_bits = number(device, cudaDevAttrGlobalMemoryBusWidth, 0);
  return signals;
}

PairSignals read_pair(int from, int to) {
  PairSignals pair;
  pair.from = from;
  pair.to = to;
  int can = 0;
  const cudaError_t error = cudaDeviceCanAccessPeer(&can, from, to);
  if (error == cudaSuccess) {
    pair.can_access = {tri(can != 0), fmt::format("{}", can)};
  } else {
    cudaGetLastError();
    pair.can_access = {Tri::unknown, cudaGetErrorName(error)};
  }
  std::string code;
  pair.cuda_rank = pair_number(from, to, cudaDevP2PAttrPerformanceRank, code);
  const auto atomics = pair_number(from, to, cudaDevP2PAttrNativeAtomicSupported, code);
  pair.native_atomics = atomics ? Signal{tri(*atomics != 0), fmt::format("{}", *atomics)}
                                : Signal{Tri::unknown, code};
  return pair;
}

}  // namespace

void read_cuda(Signals& signals) {
  signals.architectures = PEERBENCH_CUDA_ARCHITECTURES;
  if (cudaRuntimeGetVersion(&signals.runtime_version) != cudaSuccess) signals.runtime_version = 0;
  if (cudaDriverGetVersion(&signals.driver_cuda_version) != cudaSuccess) {
    signals.driver_cuda_version = 0;
  }
  cudaGetLastError();
  const cudaError_t error = cudaGetDeviceCount(&signals.cuda_count);
  if (error != cudaSuccess) {
    cudaGetLastError();
    signals.cuda_count = 0;
    signals.cuda_error = cudaGetErrorName(error);
    return;
  }
  for (int i = 0; i < signals.cuda_count; ++i) signals.gpus.push_back(read_gpu(i));
  for (int from = 0; from < signals.cuda_count; ++from) {
    for (int to = 0; to < signals.cuda_count; ++to) {
      if (from != to) signals.pairs.push_back(read_pair(from, to));
    }
  }
}

Bytes free_bytes_by_cuda(int ordinal) {
  std::size_t free = 0;
  std::size_t total = 0;
  if (cudaSetDevice(ordinal) != cudaSuccess || cudaMemGetInfo(&free, &total) != cudaSuccess) {
    free = 0;
  }
  cudaGetLastError();
  return free;
}

}  // namespace peerbench::machine
