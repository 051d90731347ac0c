// SPDX-License-Identifier: Apache-2.0
#include "sim/pci_tree.hpp"

#include <algorithm>

namespace gpusim {

namespace {

/// How many steps from the host down both have in common; the first is the host bridge.
std::size_t common_steps(const GpuDescription& a, const GpuDescription& b) {
  const auto [end, ignored] =
      std::mismatch(a.pci_path.begin(), a.pci_path.end(), b.pci_path.begin(), b.pci_path.end());
  return static_cast<std::size_t>(end - a.pci_path.begin());
}

int attribute(const GpuDescription& gpu, const char* name) {
  const auto found = gpu.attributes.find(name);
  return found == gpu.attributes.end() ? 0 : found->second;
}

}  // namespace

PciDistance pci_distance(const GpuDescription& a, const GpuDescription& b) {
  if (a.pci_path.empty() || b.pci_path.empty()) return PciDistance::unknown;
  if (attribute(a, "IsMultiGpuBoard") != 0 && attribute(b, "IsMultiGpuBoard") != 0 &&
      attribute(a, "MultiGpuBoardGroupID") == attribute(b, "MultiGpuBoardGroupID")) {
    return PciDistance::same_board;
  }
  const std::size_t common = common_steps(a, b);
  if (common == 0) {
    const bool one_node = a.numa_node >= 0 && a.numa_node == b.numa_node;
    return one_node ? PciDistance::node : PciDistance::system;
  }
  if (common == 1) return PciDistance::host;
  const bool one = a.pci_path.size() <= common + 1 && b.pci_path.size() <= common + 1;
  return one ? PciDistance::one_switch : PciDistance::switches;
}

std::span<const std::string> ports_above(const GpuDescription& gpu) {
  const std::span<const std::string> path = gpu.pci_path;
  return path.empty() ? path : path.subspan(1);
}

std::span<const std::string> ports_below_common(const GpuDescription& gpu,
                                                const GpuDescription& other) {
  // Where even the host bridges differ, all ports lie below what joins the two.
  const std::size_t common = std::max<std::size_t>(1, common_steps(gpu, other));
  const std::span<const std::string> path = gpu.pci_path;
  return path.empty() ? path : path.subspan(common);
}

std::uint32_t pci_class(const GpuDescription& gpu) {
  for (const char* with_monitor : {"GeForce", "RTX", "Quadro", "TITAN", "GB10"}) {
    if (gpu.name.find(with_monitor) != std::string::npos) return 0x030000;
  }
  return 0x030200;
}

const Bridge* find_bridge(const MachineFile& machine, const std::string& address) {
  const auto found = std::find_if(machine.bridges.begin(), machine.bridges.end(),
                                  [&](const Bridge& bridge) { return bridge.address == address; });
  return found == machine.bridges.end() ? nullptr : &*found;
}

const Bridge* slot_of(const MachineFile& machine, const GpuDescription& gpu) {
  const auto ports = ports_above(gpu);
  return ports.empty() ? nullptr : find_bridge(machine, ports.back());
}

}  // namespace gpusim
