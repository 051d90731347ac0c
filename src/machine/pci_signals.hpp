// SPDX-License-Identifier: Apache-2.0
// What the kernel's PCI tree says about each GPU: the way up to the host, the links on it, the
// nearest processors, IOMMU and ACS. Everything is readable without root but ACS.
#pragma once

#include "machine/host_files.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// Adds to GPUs whose PCI address is known. A card that the kernel does not show (a container with
/// half a /sys, a Jetson) keeps its defaults, which mean: not known.
void read_pci(const HostFiles& files, Signals& signals);

/// "16.0 GT/s PCIe" and "16 GT/s" are generation 4; 0 for anything that is no PCIe speed.
int pcie_generation(const std::string& speed);

/// Whether the ACS control of this configuration space sends peer requests up to the host (P2P
/// request or completion redirect; PCI Express Base Specification, Access Control Services
/// Extended Capability, id 0x000D). Unknown when only its first part could be read.
Signal acs_redirect(const std::string& config);

}  // namespace peerbench::machine
