// SPDX-License-Identifier: Apache-2.0
#include "machine/refusal.hpp"

#include <map>

namespace peerbench::machine {

Refusal refusal(const std::string& word) {
  // nvml.h, nvmlGpuP2PStatus_t; what they mean in practice: NVIDIA's open kernel modules.
  static const std::map<std::string, Refusal> known = {
      {"CNS",
       {"the driver does not know the chipset between the GPUs",
        "usual in virtual machines, unless the hypervisor puts the GPUs into one peer group"}},
      {"GNS",
       {"the driver does not offer it for this GPU model",
        "NVIDIA leaves peer access over PCIe out on most GeForce GPUs"}},
      {"TNS",
       {"the PCIe way between the GPUs does not carry it",
        "GPUs under one CPU socket can usually talk"}},
      {"DR", {"a registry key of the driver disables it", ""}},
      {"NS", {"the driver does not support it between these GPUs", ""}},
      {"U", {"the driver does not say why", ""}}};
  const auto found = known.find(word);
  return found == known.end() ? Refusal{} : found->second;
}

}  // namespace peerbench::machine
