// SPDX-License-Identifier: Apache-2.0
#include "machine/pcie_watch.hpp"

#include "machine/nvml_signals.hpp"
#include "machine/pcie.hpp"

namespace peerbench::machine {

PcieWatch::PcieWatch() {
  if (!nvml_left_behind()) nvml_.emplace();
}

void PcieWatch::read(const std::vector<int>& gpus, Machine& machine) const {
  if (!nvml_ || !nvml_->started()) return;
  for (const int ordinal : gpus) {
    Gpu& gpu = machine.gpus.at(static_cast<std::size_t>(ordinal));
    if (!gpu.pcie.current) continue;
    nvmlDevice_t device = nullptr;
    if (Nvml::ask(nvml_->functions().handle_by_pci, gpu.pci_bus_id.c_str(), &device) !=
        NVML_SUCCESS) {
      continue;
    }
    const auto now = current_pcie(*nvml_, device);
    auto& best = gpu.pcie.under_load;
    if (now && (!best || pcie_gbs(*now) > pcie_gbs(*best))) best = now;
  }
}

}  // namespace peerbench::machine
