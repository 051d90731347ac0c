// SPDX-License-Identifier: Apache-2.0
// From what the kernel and NVML say about a GPU's PCIe ports to the link it has, the narrowest
// point on its way to the host, and the way between two GPUs. Pure: works on hand-made signals.
#pragma once

#include <optional>
#include <string>

#include "machine/signals.hpp"

namespace peerbench::machine {

/// GB/s (1e9 bytes) one way after the line code, without packet headers. Rate per lane and code by
/// the PCI Express Base Specification: 2.5 and 5 GT/s with 8b/10b, 8 to 32 GT/s with 128b/130b,
/// 64 GT/s in 256-byte flits of which 242 are packets.
double pcie_gbs(PcieSpeed speed);

/// "4.0 x16".
std::string pcie_text(PcieSpeed speed);

/// Ceiling of such a link, one way.
Ceiling pcie_ceiling(PcieSpeed speed);

/// True where the PCIe link that the GPU shows carries none of its data: integrated GPUs (a DGX
/// Spark shows Gen1 x1) and those joined to their CPU by NVLink-C2C (a GH200 shows one lane).
bool pcie_is_placeholder(const GpuSignals& gpu);

/// Everything about the GPU's link but `under_load`; nothing where it is a placeholder.
PcieLink pcie_link(const GpuSignals& gpu);

/// The way between two GPUs by the kernel's PCI tree, where NVML does not say it.
PciTopologyLevel pci_topology_level(const GpuSignals& a, const GpuSignals& b,
                                    std::size_t host_nodes);

/// The narrowest link on the way between two GPUs: up from each to the port they share, or to the
/// host. None where one of the two ways is not known.
std::optional<PcieSpeed> narrowest_between(const GpuSignals& a, const GpuSignals& b);

}  // namespace peerbench::machine
