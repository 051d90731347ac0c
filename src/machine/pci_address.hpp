// SPDX-License-Identifier: Apache-2.0
// PCI bus ids as CUDA, NVML and the kernel spell them, brought to one form so they can be compared.
#pragma once

#include <string>

namespace peerbench::machine {

/// "00000000:0A:00.0", "0000:0a:00.0" and "0:A:0" all become "0000:0a:00.0". Text that is no bus
/// id, or one that only marks a switch (all domain bits set), gives an empty string.
std::string canonical_pci(const std::string& text);

/// Whether people may have meant an address: "0000:41:00.0", "41:00.0", "0000:41:00", "41:00".
bool is_pci_address(const std::string& text);

/// Whether `written`, as people write it, means the canonical `address`. A domain or a function
/// that is left away fits any.
bool same_pci(const std::string& written, const std::string& address);

}  // namespace peerbench::machine
