// SPDX-License-Identifier: Apache-2.0
#include "machine/nvml_pci.hpp"

#include <fmt/format.h>

#include "machine/pci_address.hpp"

namespace peerbench::machine {

namespace {

std::string by_text(const nvmlPciInfo_t& pci) {
  const std::string found = canonical_pci(pci.busId);
  return found.empty() ? canonical_pci(pci.busIdLegacy) : found;
}

}  // namespace

std::string card_address(const nvmlPciInfo_t& pci) {
  std::string found = by_text(pci);
  if (!found.empty()) return found;
  return canonical_pci(fmt::format("{:x}:{:x}:{:x}", pci.domain, pci.bus, pci.device));
}

std::string remote_address(const nvmlPciInfo_t& pci) { return by_text(pci); }

}  // namespace peerbench::machine
