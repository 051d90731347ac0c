// SPDX-License-Identifier: Apache-2.0
#include "machine/discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "machine/advice.hpp"
#include "machine/builds.hpp"
#include "machine/ceilings.hpp"
#include "machine/classify.hpp"
#include "machine/cuda_signals.hpp"
#include "machine/findings.hpp"
#include "machine/host_pools.hpp"
#include "machine/host_signals.hpp"
#include "machine/nvml_signals.hpp"
#include "machine/pci_signals.hpp"
#include "machine/pcie.hpp"
#include "machine/peer_links.hpp"
#include "machine/proof.hpp"
#include "machine/virtual_ports.hpp"

namespace peerbench::machine {

namespace {

/// How long NVML may take. It answers in a tenth of a second on healthy machines; a card that fell
/// off the bus makes it wait for seconds, or for ever.
constexpr std::chrono::milliseconds nvml_limit{10'000};

/// A GPU with what the kernel and NVML add to what CUDA says.
Gpu described(const GpuSignals& signals) {
  Gpu gpu = signals.gpu;
  // CUDA names a host node even where the kernel names none for the GPU.
  if (signals.numa_node >= 0) gpu.numa_node = signals.numa_node;
  gpu.cpus = signals.cpus;
  gpu.bar1_bytes = signals.bar1_bytes;
  gpu.pcie = pcie_link(signals);
  if (signals.nvlinks_asked.value != Tri::unknown) {
    gpu.nvlinks_present = static_cast<int>(signals.ports.size());
    gpu.nvlinks_up = static_cast<int>(std::ranges::count_if(
        signals.ports, [](const NvlinkPort& port) { return is_yes(port.up.value); }));
  }
  gpu.c2c_links = signals.c2c_links;
  gpu.c2c_ceiling = c2c_ceiling(signals);
  return gpu;
}

/// Whether a port above any of the GPUs sends peer traffic up; matters only with several GPUs.
Signal acs_between_cards(const Signals& signals) {
  Signal all;
  for (const GpuSignals& gpu : signals.gpus) {
    for (const PciPort& port : gpu.pci_path) {
      if (port.address == gpu.gpu.pci_bus_id) continue;
      const Signal& one = port.acs_redirect;
      if (is_yes(one.value)) return {Tri::yes, port.address + ": " + one.raw};
      if (all.raw.empty() || one.value == Tri::unknown) all = one;
    }
  }
  return all;
}

/// A GPU with memory of its own is a pool; one that shares the host's is part of that.
void add_gpu_pools(const Signals& signals, Machine& machine) {
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    Gpu& gpu = machine.gpus[i];
    if (memory_kind(signals.gpus[i]) == MemoryKind::one_pool && !machine.pools.empty()) {
      Pool& shared = machine.pools[0];
      // CUDA's own figure counts page cache as used, so the kernel's is what can be allocated.
      gpu.free_bytes = shared.available_bytes;
      shared.largest_cache_bytes += gpu.l2_bytes;
      shared.ceiling = memory_ceiling(signals.gpus[i], signals.product);
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
    pool.ceiling = memory_ceiling(signals.gpus[i], signals.product);
    machine.pools.push_back(pool);
  }
}

/// Under WSL 2 NVML shows no NVLink, also where a bridge joins the cards and works under Linux
/// (github.com/microsoft/WSL issue 6587): that none is shown says nothing.
void distrust_nvlinks_under_wsl(Signals& signals) {
  if (!is_yes(signals.wsl.value)) return;
  for (GpuSignals& gpu : signals.gpus) {
    const bool any_up = std::ranges::any_of(
        gpu.ports, [](const NvlinkPort& port) { return is_yes(port.up.value); });
    if (any_up || gpu.nvlinks_asked.value == Tri::unknown) continue;
    gpu.ports.clear();
    gpu.nvlinks_asked = {Tri::unknown, "it shows none under WSL 2"};
  }
}

/// NVML's boards that CUDA does not show, and GPUs that only the kernel's PCI tree has. Without
/// any GPU by CUDA or NVML it is the driver that is missing, and none is hidden.
std::vector<HiddenGpu> hidden(const Signals& signals) {
  std::vector<HiddenGpu> found = signals.hidden;
  if (signals.cuda_count == 0 && signals.nvml_count.value_or(0) == 0) return found;
  for (const std::string& address : signals.pci_gpus) {
    const bool shown = std::ranges::any_of(
        signals.gpus, [&](const GpuSignals& gpu) { return gpu.gpu.pci_bus_id == address; });
    if (shown || std::ranges::count(found, address, &HiddenGpu::pci_bus_id) > 0) continue;
    const auto lost = std::ranges::find_if(found, [](const HiddenGpu& gpu) {
      return gpu.why == Hiding::lost && gpu.pci_bus_id.empty();
    });
    if (lost != found.end()) {
      lost->pci_bus_id = address;
      continue;
    }
    const bool dead = std::ranges::count(signals.pci_off_bus, address) > 0;
    found.push_back({"", address, dead ? Hiding::off_the_bus : Hiding::unknown, false});
  }
  return found;
}

}  // namespace

Expected<Signals> read_signals() {
  Signals signals;
  auto pools = host_pools();
  if (!pools) return tl::unexpected(pools.error());
  signals.pools = std::move(*pools);
  const HostFiles files;
  read_host(files, signals);
  read_cuda(signals);
  read_pci(files, signals);
  read_nvml_within(nvml_limit, signals);
  for (GpuSignals& gpu : signals.gpus) {
    // NVML's figure is the whole board's, also for a slice of it.
    const bool known = gpu.gpu.free_bytes > 0 && !is_yes(gpu.mig.value);
    if (known || memory_kind(gpu) == MemoryKind::one_pool) continue;
    gpu.gpu.free_bytes = free_bytes_by_cuda(gpu.gpu.ordinal);
  }
  return signals;
}

Machine describe(Signals signals) {
  distrust_virtual_ports(signals);
  distrust_nvlinks_under_wsl(signals);
  Machine machine;
  machine.pools = signals.pools;
  for (const GpuSignals& gpu : signals.gpus) {
    machine.gpus.push_back(described(gpu));
    Gpu& last = machine.gpus.back();
    last.has_code = has_code_for(signals.architectures, last.compute_major, last.compute_minor);
  }
  machine.driver_version = signals.driver_version;
  machine.driver_cuda_version = signals.driver_cuda_version;
  machine.runtime_version = signals.runtime_version;
  machine.links = peer_links(signals);
  Classification result = classify(signals, machine.links);
  machine.machine_class = result.machine_class;
  machine.modifiers = result.modifiers;
  machine.reason = result.reason;
  machine.evidence = std::move(result.evidence);
  machine.hidden = hidden(signals);
  machine.iommu = signals.iommu;
  machine.acs_redirect = acs_between_cards(signals);
  add_gpu_pools(signals, machine);
  prove_no_peer_link(signals, machine);
  machine.findings = findings(signals, machine);
  machine.advice = advice(signals, machine);
  return machine;
}

Expected<Machine> discover() {
  auto signals = read_signals();
  if (!signals) return tl::unexpected(signals.error());
  return describe(*signals);
}

}  // namespace peerbench::machine
