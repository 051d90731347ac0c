#include "machine/discover.hpp"

#include <fmt/format.h>

#include "machine/advice.hpp"
#include "machine/classify.hpp"
#include "machine/cuda_signals.hpp"
#include "machine/host_pools.hpp"
#include "machine/host_signals.hpp"
#include "machine/nvml.hpp"
#include "machine/nvml_signals.hpp"
#include "machine/peer_links.hpp"

namespace peerbench::machine {

namespace {

/// A GPU with memory of its own is a pool; one that shares the host's is part of that.
void add_gpu_pools(const Signals& signals, Machine& machine) {
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    Gpu& gpu = machine.gpus[i];
    if (memory_kind(signals.gpus[i]) == MemoryKind::one_pool && !machine.pools.empty()) {
      Pool& shared = machine.pools[0];
      // CUDA's own figure counts page cache as used, so the kernel's is what can be allocated.
      gpu.free_bytes = shared.available_bytes;
      shared.largest_cache_bytes += gpu.l2_bytes;
      shared.description += fmt::format(", shared with gpu{}", gpu.ordinal);
      continue;
    }
    Pool pool;
    pool.id = fmt::format("gpu{}", gpu.ordinal);
    pool.total_bytes = gpu.memory_bytes;
    pool.available_bytes = gpu.free_bytes;
    pool.description = fmt::format("memory of {}", gpu.model);
    pool.numa_node = gpu.numa_node;
    pool.largest_cache_bytes = gpu.l2_bytes;
    machine.pools.push_back(pool);
  }
}

}  // namespace

Expected<Signals> read_signals() {
  Signals signals;
  auto pools = host_pools();
  if (!pools) return tl::unexpected(pools.error());
  signals.pools = std::move(*pools);
  read_host(signals);
  read_cuda(signals);
  const Nvml nvml;
  read_nvml(nvml, signals);
  for (GpuSignals& gpu : signals.gpus) {
    if (gpu.gpu.free_bytes > 0 || memory_kind(gpu) == MemoryKind::one_pool) continue;
    gpu.gpu.free_bytes = free_bytes_by_cuda(gpu.gpu.ordinal);
  }
  return signals;
}

Machine describe(const Signals& signals) {
  Machine machine;
  machine.pools = signals.pools;
  for (const GpuSignals& gpu : signals.gpus) machine.gpus.push_back(gpu.gpu);
  machine.driver_version = signals.driver_version;
  machine.driver_cuda_version = signals.driver_cuda_version;
  machine.runtime_version = signals.runtime_version;
  machine.links = peer_links(signals);
  Classification result = classify(signals, machine.links);
  machine.machine_class = result.machine_class;
  machine.modifiers = result.modifiers;
  machine.reason = result.reason;
  machine.evidence = std::move(result.evidence);
  machine.advice = advice(signals, machine.links, result);
  add_gpu_pools(signals, machine);
  return machine;
}

Expected<Machine> discover() {
  auto signals = read_signals();
  if (!signals) return tl::unexpected(signals.error());
  return describe(*signals);
}

}  // namespace peerbench::machine
