// SPDX-License-Identifier: Apache-2.0
// PCI addresses as NVML gives them, by whichever version of its structure was filled.
#pragma once

#include <nvml.h>

#include <string>

namespace peerbench::machine {

/// Canonical address of a GPU: by its text, or by its numbers where an old library fills no text.
std::string card_address(const nvmlPciInfo_t& pci);

/// Canonical address of the GPU at the far end of a link; empty where the answer only marks a
/// switch (no address, or one with all bits set).
std::string remote_address(const nvmlPciInfo_t& pci);

}  // namespace peerbench::machine
