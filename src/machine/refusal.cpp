// SPDX-License-Identifier: Apache-2.0
#include "machine/refusal.hpp"

#include <map>

namespace peerbench::machine {

Refusal refusal(const std::string& word) {
  // nvml.h, nvmlGpuP2PStatus_t; what they mean in practice: NVIDIA's open kernel modules.
  static const std::map<std::string, Refusal> known = {
      {"CNS",
       {"the driver does not know the chipset between the cards",
        "usual in virtual machines, unless the hypervisor puts the cards into one peer group"}},
      {"GNS",
       {"the driver does not offer it for this GPU model",
        "NVIDIA leaves peer access over PCIe out on most GeForce cards"}},
      {"TNS",
       {"the PCIe way between the cards does not carry it",
        "cards under one CPU socket can usually talk"}},
      {"DR", {"a registry key of the driver disables it", ""}},
      {"NS", {"the driver does not support it between these cards", ""}},
      {"U", {"the driver does not say why", ""}}};
  const auto found = known.find(word);
  return found == known.end() ? Refusal{} : found->second;
}

}  // namespace peerbench::machine
