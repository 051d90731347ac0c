// SPDX-License-Identifier: Apache-2.0
#include "sim/nccl_topology_defaults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace gpusim {
namespace {

/// A GPU that is typical of its compute capability, as a built-in machine has it.
struct Typical {
  int capability;
  const char* machine;
  int multiprocessors;
  std::uint64_t memory_bytes;
  std::uint64_t l2_bytes;
  double local_copy_gbs;  ///< traffic
  int nvlink_version;     ///< NVML's number
  double raw_gbs_per_link;
  double copy_efficiency;
  int pcie_generation;
};

/// By rising capability; those without NVLinks of their own have the former one's.
const std::vector<Typical>& typical_gpus() {
  constexpr std::uint64_t GB = 1'000'000'000;
  static const std::vector<Typical> gpus = {
      {60, "dgx1-p100-8", 56, 17 * GB, 4 << 20, 500, 1, 20, 0.92, 3},
      {70, "dgx1-v100-8", 80, 34 * GB, 6 << 20, 780, 2, 25.78125, 0.94, 3},
      {80, "hgx-a100-8", 108, 85 * GB, 40 << 20, 1584, 4, 25, 0.915, 4},
      {86, "dual-rtx3090-nvlink", 82, 25 * GB, 6 << 20, 830, 5, 14.0625, 0.907, 4},
      {89, "quad-l40s", 142, 47 * GB, 96 << 20, 734, 5, 14.0625, 0.907, 4},
      {90, "hgx-h100-8", 132, 85 * GB, 50 << 20, 2897, 6, 26.5625, 0.821, 5},
      {100, "hgx-b200-8", 148, 191 * GB, 126 << 20, 5816, 7, 53.125, 0.781, 5},
      {120, "quad-rtxpro6000", 188, 101 * GB, 128 << 20, 1416, 7, 53.125, 0.781, 5}};
  return gpus;
}

const Typical& typical(int capability) {
  const auto& gpus = typical_gpus();
  const auto after = std::ranges::upper_bound(gpus, capability, {}, &Typical::capability);
  return after == gpus.begin() ? gpus.front() : *std::prev(after);
}

Figure inferred(double value, const std::string& source) { return {value, source, true}; }

/// What PCIe 4.0 of 16 lanes carries to and from the host's memory, and staged between two GPUs,
/// as in dual-rtx3090-nvlink and dual-rtx4090; each generation doubles it.
constexpr double host_gbs = 25, staged_gbs = 22, staged_both_gbs = 31;
constexpr const char* by_lanes = "PCIe 4.0 x16 as in dual-rtx4090, by generation and lanes";

double lanes_of(const GpuDescription& gpu) {
  return std::exp2(gpu.pcie_generation - 4) * gpu.pcie_width / 16;
}

}  // namespace

void fill_gpu_defaults(GpuDescription& gpu, int capability) {
  const Typical& row = typical(capability);
  const std::string as_there = fmt::format("as in {}", row.machine);
  gpu.compute_major = capability / 10;
  gpu.compute_minor = capability % 10;
  gpu.name = fmt::format("GPU of compute capability {}.{}", gpu.compute_major, gpu.compute_minor);
  gpu.multiprocessors = row.multiprocessors;
  gpu.memory_bytes = row.memory_bytes;
  gpu.bar1_bytes = std::uint64_t{1} << 37;  // a window onto all memory
  gpu.l2_bytes = row.l2_bytes;
  if (gpu.pcie_generation == 0) gpu.pcie_generation = row.pcie_generation;
  if (gpu.pcie_width == 0) gpu.pcie_width = 16;
  gpu.pcie_generation_idle = gpu.pcie_generation;
  for (const char* name : {"UnifiedAddressing", "ManagedMemory", "ConcurrentManagedAccess",
                           "CanMapHostMemory", "ConcurrentKernels", "ComputePreemptionSupported",
                           "CooperativeLaunch", "HostRegisterSupported", "MemoryPoolsSupported"}) {
    gpu.attributes[name] = 1;
  }
  gpu.local_copy_gbs = inferred(row.local_copy_gbs, as_there);
  gpu.host_to_device_gbs = inferred(host_gbs * lanes_of(gpu), by_lanes);
  gpu.device_to_host_gbs = inferred(host_gbs * lanes_of(gpu), by_lanes);
  gpu.copy_latency_us = inferred(2, "order of a small local copy");
  gpu.kernel_latency_us = inferred(2.5, "order of an empty kernel's duration between two events");
}

void fill_link_defaults(LinkBundle& link, int capability) {
  const Typical& row = typical(capability);
  const std::string as_there = fmt::format("as in {}", row.machine);
  link.nvlink_version = row.nvlink_version;
  link.raw_gbs_per_link = inferred(row.raw_gbs_per_link, as_there);
  link.copy_efficiency = inferred(row.copy_efficiency, as_there);
  link.copy_latency_us = inferred(2.5, "order of a small copy over NVLink");
}

void fill_host_defaults(MachineFile& machine, int nodes, int cores) {
  constexpr std::uint64_t node_bytes = std::uint64_t{128} << 30;
  HostDescription& host = machine.host;
  host.topology = fmt::format("pack:{} [numa(memory={})] core:{} pu:1", nodes, node_bytes, cores);
  host.memory_bytes = node_bytes * static_cast<std::uint64_t>(nodes);
  host.available_bytes = host.memory_bytes / 16 * 15;
  host.kernel = "6.8.0-generic";
  const std::string memory = "8 channels of DDR4-3200 a NUMA node, as in dual-rtx4090";
  host.pool.read_gbs = inferred(165.0 * nodes, memory);
  host.pool.write_gbs = inferred(140.0 * nodes, memory);
  host.pool.copy_gbs = inferred(145.0 * nodes, memory);
  host.pool.triad_gbs = inferred(150.0 * nodes, memory);
  double slowest = lanes_of(machine.gpus.front());
  for (const GpuDescription& gpu : machine.gpus) slowest = std::min(slowest, lanes_of(gpu));
  host.staging = Staging{.one_way_gbs = inferred(staged_gbs * slowest, by_lanes),
                         .total_gbs = inferred(staged_both_gbs * slowest, by_lanes),
                         .copy_latency_us = inferred(12, "order of a small staged copy")};
}

}  // namespace gpusim
