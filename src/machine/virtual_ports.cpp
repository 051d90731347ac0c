// SPDX-License-Identifier: Apache-2.0
#include "machine/virtual_ports.hpp"

#include <algorithm>

namespace peerbench::machine {

namespace {

/// Red Hat (QEMU), Red Hat (virtio), VMware, Microsoft (Hyper-V), Oracle (VirtualBox): vendors
/// whose PCI bridges are software (pci-ids.ucw.cz).
constexpr const char* emulators[] = {"1b36:", "1af4:", "15ad:", "1414:", "80ee:"};

bool of_emulator(const PciPort& port) {
  return std::ranges::any_of(
      emulators, [&](const char* vendor) { return port.device_id.starts_with(vendor); });
}

/// Less than its neighbour at the other end of the same link runs at.
bool impossible(const PciPort& port, const std::optional<PcieSpeed>& card) {
  return port.max && card &&
         (port.max->generation < card->generation || port.max->width < card->width);
}

}  // namespace

void distrust_virtual_ports(Signals& signals) {
  const bool virtual_machine = is_yes(signals.virtual_machine.value);
  for (GpuSignals& gpu : signals.gpus) {
    auto& path = gpu.pci_path;
    const auto current = gpu.pcie_current || path.empty() ? gpu.pcie_current : path.back().current;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      PciPort& port = path[i];
      const bool next_to_card = i + 2 == path.size();
      const bool made_up = virtual_machine || of_emulator(port);
      if (!made_up && !(next_to_card && impossible(port, current))) continue;
      port.max.reset();
      port.current.reset();
      if (made_up) port.acs_redirect = {Tri::unknown, "the ports are a virtual machine's"};
    }
  }
  if (is_yes(signals.virtual_machine.value) && signals.iommu.value != Tri::unknown) {
    signals.iommu.raw += (signals.iommu.raw.empty() ? "" : "; ");
    signals.iommu.raw += "of the virtual machine, its host's is not seen";
  }
}

}  // namespace peerbench::machine
