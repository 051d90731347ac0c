// SPDX-License-Identifier: Apache-2.0
#include "machine/findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "machine/builds.hpp"
#include "machine/classify.hpp"
#include "machine/pcie.hpp"

namespace peerbench::machine {

namespace {

using Findings = std::vector<Finding>;

std::string both_ways(const PeerLink& link) {
  return fmt::format("gpu{} <-> gpu{}", link.from, link.to);
}

const PeerLink* reverse(const Machine& machine, const PeerLink& link) {
  const auto found = std::ranges::find_if(machine.links, [&](const PeerLink& other) {
    return other.from == link.to && other.to == link.from;
  });
  return found == machine.links.end() ? nullptr : &*found;
}

/// Pairs joined by the same words, so that eight cards do not say the same thing 28 times.
std::string joined(const std::vector<std::string>& pairs) {
  constexpr std::size_t most = 4;
  if (pairs.size() <= most) return fmt::format("{}", fmt::join(pairs, ", "));
  return fmt::format("{} and {} more pairs", fmt::join(pairs.begin(), pairs.begin() + most, ", "),
                     pairs.size() - most);
}

void bridges(const Machine& machine, Findings& found) {
  std::map<std::string, std::vector<std::string>> part;
  std::vector<std::string> down, refused;
  for (const PeerLink& link : machine.links) {
    if (link.from > link.to) continue;
    const int up = link.links_up.value_or(0);
    const int present = link.links_present.value_or(0);
    if (up > 0 && up < present)
      part[fmt::format("{} of {}", up, present)].push_back(both_ways(link));
    if (up == 0 && present > 0) down.push_back(both_ways(link));
    if (is_yes(link.nvlink.value) && is_no(link.can_access.value))
      refused.push_back(both_ways(link));
  }
  for (const auto& [share, pairs] : part) {
    found.push_back(
        {fmt::format("{}: only {} NVLinks are up, which costs the others' share of the rate",
                     joined(pairs), share),
         "reseat the bridge, then compare nvidia-smi nvlink --status of both cards"});
  }
  if (!down.empty()) {
    found.push_back({fmt::format("{}: the cards have NVLinks, all down", joined(down)),
                     "without a bridge or a switch that is normal; with a bridge, reseat it; with "
                     "switches, see that nvidia-fabricmanager runs"});
  }
  if (!refused.empty()) {
    found.push_back({fmt::format("{}: NVLinks are up, but CUDA offers no peer access over them",
                                 joined(refused)),
                     "see what nvidia-smi topo -p2p r says; on machines with switches "
                     "nvidia-fabricmanager must run, and MIG slices have no peers"});
  }
}

/// Cards of one switch fabric should all have as many links up.
void uneven_switch_links(const Machine& machine, Findings& found) {
  std::set<int> on_switch;
  for (const PeerLink& link : machine.links) {
    if (link.through_switch) on_switch.insert(link.from);
  }
  int most = 0;
  for (const int gpu : on_switch) {
    most = std::max(most, machine.gpus[static_cast<std::size_t>(gpu)].nvlinks_up.value_or(0));
  }
  for (const int gpu : on_switch) {
    const int up = machine.gpus[static_cast<std::size_t>(gpu)].nvlinks_up.value_or(most);
    if (up == most) continue;
    found.push_back(
        {fmt::format("gpu{} has {} NVLinks up, the others {}", gpu, up, most),
         "see nvidia-smi nvlink --status and the kernel log (lines with NVRM: Xid 74)"});
  }
}

void one_sided(const Machine& machine, Findings& found) {
  std::vector<std::string> access, links;
  for (const PeerLink& link : machine.links) {
    const PeerLink* back = reverse(machine, link);
    if (link.from > link.to || back == nullptr) continue;
    const bool known =
        link.can_access.value != Tri::unknown && back->can_access.value != Tri::unknown;
    if (known && link.can_access.value != back->can_access.value) access.push_back(both_ways(link));
    if (link.links_up && back->links_up && *link.links_up != *back->links_up) {
      links.push_back(both_ways(link));
    }
  }
  if (!access.empty()) {
    found.push_back({joined(access) + ": CUDA offers peer access in one direction only",
                     "staged copies are measured the other way; report it to NVIDIA with the "
                     "signals of this machine (--save-signals)"});
  }
  if (!links.empty()) {
    found.push_back({joined(links) + ": the two cards do not count the same NVLinks between them",
                     "a link is being trained or failing: look again, then at the kernel log"});
  }
}

/// Where CUDA and NVML disagree about one pair, one of them is wrong about the data's way.
void disagreement(const Machine& machine, Findings& found) {
  std::vector<std::string> pairs;
  for (const PeerLink& link : machine.links) {
    const bool refused = is_no(link.allowed.read.value) && is_no(link.allowed.write.value);
    if (link.from < link.to && is_yes(link.can_access.value) && refused) {
      pairs.push_back(both_ways(link) + " (" + link.allowed.read.raw + ")");
    }
  }
  if (pairs.empty()) return;
  found.push_back({joined(pairs) + ": CUDA offers peer access, NVML says it is not supported",
                   "trust only verified copies (peerbench checks all data); a patched driver or "
                   "a wrong answer of the driver looks like this"});
}

void slots(const Machine& machine, Findings& found) {
  for (const Gpu& gpu : machine.gpus) {
    const PcieLink& link = gpu.pcie;
    const std::string who = fmt::format("gpu{}", gpu.ordinal);
    if (link.current && link.card_max && link.slot_max) {
      const int able = std::min(link.card_max->width, link.slot_max->width);
      if (link.current->width < able) {
        found.push_back({fmt::format("{} runs on {} PCIe lanes, card and slot could use {}", who,
                                     link.current->width, able),
                         "reseat the card or its riser and clean the contacts; see also the "
                         "board's settings for splitting this slot's lanes"});
        continue;
      }
    }
    if (link.card_max && link.slot_max && link.slot_max->width < link.card_max->width) {
      found.push_back({fmt::format("{} can use {} PCIe lanes, its slot has {}", who,
                                   link.card_max->width, link.slot_max->width),
                       "move it to a slot with all lanes from the CPU, if the board has one"});
    } else if (link.narrowest && !link.narrowest_at.empty() && link.card_max && link.slot_max &&
               pcie_gbs(*link.narrowest) <
                   pcie_gbs({std::min(link.card_max->generation, link.slot_max->generation),
                             std::min(link.card_max->width, link.slot_max->width)})) {
      found.push_back(
          {fmt::format("{}'s way to the host narrows to PCIe {} below {}", who,
                       pcie_text(*link.narrowest), link.narrowest_at),
           "cards below that port share it; copies to the host and staged copies are bound by it"});
    }
  }
}

void hidden(const Signals& signals, const Machine& machine, Findings& found) {
  const auto& modifiers = machine.modifiers;
  if (std::ranges::count(modifiers, Modifier::hidden_gpus) == 0) return;
  const int missing = hidden_gpus(signals);
  const std::string who = fmt::format("{} of this machine {} hidden from this process",
                                      missing == 1 ? "1 GPU" : fmt::format("{} GPUs", missing),
                                      missing == 1 ? "is" : "are");
  if (signals.cuda_visible_devices) {
    found.push_back(
        {fmt::format("{} by CUDA_VISIBLE_DEVICES=\"{}\"", who, *signals.cuda_visible_devices),
         "unset it to see all; what joins the hidden ones is not told"});
  } else if (signals.cuda_count == 0) {
    found.push_back({who + ": NVML sees them, CUDA does not start (" + signals.cuda_error + ")",
                     "see what is missing, at the end of this page"});
  } else if (signals.nvml_count.value_or(0) > signals.cuda_count) {
    found.push_back({who + ": NVML sees them, CUDA does not",
                     "look for a compute mode of prohibited (nvidia-smi -q -d COMPUTE) or a failed "
                     "GPU (dmesg, lines with NVRM)"});
  } else {
    const bool container = is_yes(signals.container.value);
    found.push_back({who + ": the kernel's PCI tree shows them, the driver does not",
                     container
                         ? "a container sees what it was given: start it with --gpus all"
                         : "look for another driver on them (lspci -k) or a failed GPU (dmesg, "
                           "lines with NVRM)"});
  }
}

void without_nvml(const Signals& signals, Findings& found) {
  if (signals.gpus.empty() || is_yes(signals.nvml.value)) return;
  const bool container = is_yes(signals.container.value);
  found.push_back(
      {fmt::format("NVML cannot be asked ({}): NVLinks, hidden GPUs and the driver's reasons "
                   "are not known",
                   signals.nvml.raw),
       container ? "start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility"
                 : "NVML comes with the driver: see whether nvidia-smi works"});
}

/// Redirected peer traffic goes up to the host and through the IOMMU: slow, or lost.
void redirected(const Machine& machine, Findings& found) {
  const bool over_pcie = std::ranges::any_of(machine.links, [](const PeerLink& link) {
    return is_yes(link.can_access.value) && is_no(link.nvlink.value);
  });
  if (!over_pcie) return;
  if (is_yes(machine.acs_redirect.value)) {
    found.push_back(
        {"a PCIe port between the cards redirects peer traffic to the host (ACS): copies are "
         "slower "
         "than the switch allows, and with a translating IOMMU data may not arrive",
         "an administrator can switch ACS redirection off for these ports (firmware, or setpci)"});
  }
  if (is_yes(machine.iommu.value) && machine.iommu.raw.find("DMA") != std::string::npos) {
    found.push_back({"the IOMMU translates device addresses (" + machine.iommu.raw +
                         "), and the cards talk over PCIe directly",
                     "if copies are slow or corrupt, boot with iommu=pt, or switch the IOMMU off"});
  }
}

}  // namespace

std::vector<Finding> findings(const Signals& signals, const Machine& machine) {
  Findings found;
  if (auto finding = without_code(signals)) found.push_back(std::move(*finding));
  hidden(signals, machine, found);
  without_nvml(signals, found);
  bridges(machine, found);
  uneven_switch_links(machine, found);
  one_sided(machine, found);
  disagreement(machine, found);
  slots(machine, found);
  redirected(machine, found);
  return found;
}

std::vector<Finding> findings_under_load(const Machine& machine) {
  Findings found;
  for (const Gpu& gpu : machine.gpus) {
    const PcieLink& link = gpu.pcie;
    if (!link.under_load || !link.card_max || !link.slot_max) continue;
    const int able = std::min(link.card_max->generation, link.slot_max->generation);
    if (link.under_load->generation >= able) continue;
    found.push_back({fmt::format("gpu{} stayed at PCIe generation {} while copying, card and slot "
                                 "could run generation {}",
                                 gpu.ordinal, link.under_load->generation, able),
                     "look at the board's setting of this slot's generation, at risers and at "
                     "replays (nvidia-smi -q, Replays Since Reset)"});
  }
  return found;
}

}  // namespace peerbench::machine
