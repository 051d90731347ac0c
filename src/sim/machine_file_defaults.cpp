// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "sim/machine_file.hpp"

namespace gpusim {

const std::vector<ThrottleReason>& throttle_reasons() {
  static const std::vector<ThrottleReason> reasons = {
      {"applications-clocks", 0x2}, {"sw-power-cap", 0x4},         {"hw-slowdown", 0x8},
      {"sync-boost", 0x10},         {"sw-thermal-slowdown", 0x20}, {"hw-thermal-slowdown", 0x40},
      {"hw-power-brake", 0x80},     {"display-clock", 0x100}};
  return reasons;
}

const std::vector<int>& start_errors() {
  // cudaError_t: StubLibrary, InsufficientDriver, CallRequiresNewerDriver, DevicesUnavailable,
  // NoDevice, InvalidDevice, SystemNotReady, SystemDriverMismatch, CompatNotSupportedOnDevice,
  // Unknown.
  static const std::vector<int> errors = {34, 35, 36, 46, 100, 101, 802, 803, 804, 999};
  return errors;
}

namespace {

/// A host bridge and a root port of the card's own: its bus is the port's secondary one, so the
/// host's bus lies just below it. A GPU on bus 0 has no port above it.
std::vector<std::string> own_path(const std::string& pci_bus_id) {
  unsigned domain = 0, bus = 0;
  if (std::sscanf(pci_bus_id.c_str(), "%x:%x", &domain, &bus) != 2) return {};
  if (bus == 0) return {fmt::format("pci{:04x}:00", domain)};
  return {fmt::format("pci{:04x}:{:02x}", domain, bus - 1),
          fmt::format("{:04x}:{:02x}:01.0", domain, bus - 1)};
}

bool lies_below(const GpuDescription& gpu, const std::string& port) {
  return std::find(gpu.pci_path.begin(), gpu.pci_path.end(), port) != gpu.pci_path.end();
}

}  // namespace

const PeerPolicy* find_policy(const MachineFile& machine, int from, int to) {
  const auto found = std::find_if(
      machine.peers.begin(), machine.peers.end(),
      [&](const PeerPolicy& policy) { return policy.from == from && policy.to == to; });
  if (found != machine.peers.end()) return &*found;
  return machine.peer_default ? &*machine.peer_default : nullptr;
}

void fill_defaults(MachineFile& machine) {
  // By this programs know Microsoft's kernel.
  if (machine.host.wsl && machine.host.kernel.find("microsoft") == std::string::npos) {
    machine.host.kernel += "-microsoft-standard-WSL2";
  }
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    GpuDescription& gpu = machine.gpus[i];
    // Memory on the package (HBM, whose bus is 1024 bits wide and more) corrects errors unless
    // somebody switches that off (NVIDIA GPU Memory Error Management, "Overview").
    if (gpu.memory_bus_bits >= 1024) gpu.attributes.try_emplace("EccEnabled", 1);
    // cudaComputeModeExclusiveProcess: who comes first has it alone.
    if (find_fault(machine.faults, FaultKind::gpu_held, static_cast<int>(i)) != nullptr) {
      gpu.attributes.try_emplace("ComputeMode", 3);
    }
    if (gpu.pcie_max_generation == 0) gpu.pcie_max_generation = gpu.pcie_generation;
    if (gpu.pcie_max_width == 0) gpu.pcie_max_width = gpu.pcie_width;
    if (gpu.pci_path.empty() && gpu.in_pci) gpu.pci_path = own_path(gpu.pci_bus_id);
    if (gpu.nvlink_ports == 0) {
      for (const LinkBundle& link : machine.links) {
        const int index = static_cast<int>(i);
        if (link.a == index || link.b == index) gpu.nvlink_ports += link.links;
      }
    }
    for (std::size_t step = 1; step < gpu.pci_path.size(); ++step) {
      const auto same = [&](const Bridge& bridge) { return bridge.address == gpu.pci_path[step]; };
      if (std::any_of(machine.bridges.begin(), machine.bridges.end(), same)) continue;
      machine.bridges.emplace_back().address = gpu.pci_path[step];
    }
  }
  for (Bridge& bridge : machine.bridges) {
    int generation = 0, width = 0;
    for (const GpuDescription& gpu : machine.gpus) {
      if (!lies_below(gpu, bridge.address)) continue;
      generation = std::max(generation, gpu.pcie_generation);
      width = std::max(width, gpu.pcie_width);
    }
    if (bridge.generation == 0) bridge.generation = generation;
    if (bridge.width == 0) bridge.width = width;
  }
}

}  // namespace gpusim
