// SPDX-License-Identifier: Apache-2.0
// PCI bus ids as CUDA, NVML and the kernel spell them, brought to one form so they can be compared.
#pragma once

#include <string>

namespace peerbench::machine {

/// "00000000:0A:00.0", "0000:0a:00.0" and "0:A:0" all become "0000:0a:00.0". Text that is no bus
/// id, or one that only marks a switch (all domain bits set), gives an empty string.
std::string canonical_pci(const std::string& text);

}  // namespace peerbench::machine
