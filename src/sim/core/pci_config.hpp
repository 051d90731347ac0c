// SPDX-License-Identifier: Apache-2.0
// The configuration space of a PCI Express port, as far as peer traffic depends on it.
#pragma once

#include <string>

#include "sim/machine_file.hpp"

namespace gpusim {

/// What a port is, in the numbers of the PCI Express capability.
enum class PortType { root = 4, upstream = 5, downstream = 6 };

/// /sys/.../config of a port: the first 64 bytes for a reader who may see no more (`acs`
/// "unreadable"), else all 4096, with an ACS capability that redirects peer requests or not.
std::string pci_config(const Bridge& bridge, PortType type);

}  // namespace gpusim
