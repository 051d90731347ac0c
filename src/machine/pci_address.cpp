// SPDX-License-Identifier: Apache-2.0
#include "machine/pci_address.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace peerbench::machine {

std::string canonical_pci(const std::string& text) {
  unsigned domain = 0, bus = 0, device = 0, function = 0;
  if (std::sscanf(text.c_str(), "%x:%x:%x.%x", &domain, &bus, &device, &function) < 3) return "";
  // NVML gives switches FFFFFFFF:FF:FF.0 or fffffff:ffff:ff, which no function of a real bus has.
  if (bus > 0xff || device > 0x1f || domain >= 0xfffffff) return "";
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, device, function);
}

}  // namespace peerbench::machine
