// SPDX-License-Identifier: Apache-2.0
// Ports of a PCI tree that a hypervisor made up: what they say of their links is about nothing.
#pragma once

#include "machine/signals.hpp"

namespace peerbench::machine {

/// Takes from ports above a GPU what they say of speed, width and ACS where that cannot be
/// believed:
/// - ports of vendors that exist in emulators only, and all ports of a virtual machine. QEMU's root
///   port says 16 GT/s x32 unless told otherwise (hw/pci-bridge/gen_pcie_root_port.c), others
///   2.5 GT/s x1, whatever the GPU below runs at;
/// - the port next to a card that runs faster or wider than that port could.
/// What is left of such a way is the GPU's own end of it.
void distrust_virtual_ports(Signals& signals);

}  // namespace peerbench::machine
