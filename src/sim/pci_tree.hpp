// SPDX-License-Identifier: Apache-2.0
// Where the GPUs of a described machine hang in the PCI tree, and what lies between two of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sim/machine_file.hpp"

namespace gpusim {

/// The way between two GPUs, nearest first; the words of nvidia-smi topo -m.
enum class PciDistance {
  unknown,     ///< one of them is not in PCI
  same_board,  ///< two GPUs of one board
  one_switch,  ///< PIX: at most one bridge between
  switches,    ///< PXB: several bridges, not the host's
  host,        ///< PHB: one host bridge
  node,        ///< NODE: host bridges of one NUMA node
  system,      ///< SYS
};
PciDistance pci_distance(const GpuDescription& a, const GpuDescription& b);

/// The ports above a GPU, from the host down; empty when it is not in PCI.
std::span<const std::string> ports_above(const GpuDescription& gpu);

/// Those of `gpu` that do not lead to `other` too.
std::span<const std::string> ports_below_common(const GpuDescription& gpu,
                                                const GpuDescription& other);

/// PCI class of a GPU, three bytes: a VGA controller where it has connectors for monitors, else a
/// 3D controller. Only its name tells; programs look at the first byte alone.
std::uint32_t pci_class(const GpuDescription& gpu);

/// The description of the port with this address; null when there is none.
const Bridge* find_bridge(const MachineFile& machine, const std::string& address);

/// The port a card is plugged into; null when it hangs on the host's own bus.
const Bridge* slot_of(const MachineFile& machine, const GpuDescription& gpu);

}  // namespace gpusim
