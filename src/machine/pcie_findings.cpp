// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>

#include "machine/finding_parts.hpp"
#include "machine/pcie.hpp"

namespace peerbench::machine {

namespace {

/// Where CUDA and NVML disagree about one pair, one of them is wrong about the data's way.
void disagreement(const Machine& machine, std::vector<Finding>& found) {
  for (const PeerLink& link : machine.links) {
    const bool refused = is_no(link.allowed.read.value) && is_no(link.allowed.write.value);
    if (link.from > link.to || !is_yes(link.can_access.value) || !refused) continue;
    found.push_back(make_finding(FindingCode::peer_access_disputed,
                                 {pair_subject(link.from, link.to)}, {},
                                 {{"nvml", link.allowed.read.raw}}));
  }
}

/// What card and slot can do on the lanes that they have trained; none where that is not known.
std::optional<PcieSpeed> own_link(const PcieLink& link) {
  if (!link.card_max || !link.slot_max) return std::nullopt;
  PcieSpeed own{std::min(link.card_max->generation, link.slot_max->generation),
                std::min(link.card_max->width, link.slot_max->width)};
  if (link.current) own.width = std::min(own.width, link.current->width);
  return own;
}

/// A link farther up that is narrower than the GPU's own, as a chipset's: it bounds all below it.
void paths(const Machine& machine, std::vector<Finding>& found) {
  for (const Gpu& gpu : machine.gpus) {
    const PcieLink& link = gpu.pcie;
    const auto own = own_link(link);
    if (!own || !link.narrowest || link.narrowest_at.empty()) continue;
    if (pcie_gbs(*link.narrowest) >= pcie_gbs(*own)) continue;
    found.push_back(
        make_finding(FindingCode::pcie_path_narrow, {gpu_subject(gpu.ordinal)},
                     {{"generation", link.narrowest->generation}, {"lanes", link.narrowest->width}},
                     {{"speed", pcie_text(*link.narrowest)}, {"port", link.narrowest_at}}));
  }
}

void slots(const Machine& machine, std::vector<Finding>& found) {
  for (const Gpu& gpu : machine.gpus) {
    const PcieLink& link = gpu.pcie;
    if (!link.card_max || !link.slot_max) continue;
    const int able = std::min(link.card_max->width, link.slot_max->width);
    const Subject who = gpu_subject(gpu.ordinal);
    if (link.current && link.current->width < able) {
      found.push_back(make_finding(FindingCode::pcie_lanes_low, {who},
                                   {{"lanes", link.current->width}, {"lanes_possible", able}}));
    } else if (link.slot_max->width < link.card_max->width) {
      found.push_back(make_finding(
          FindingCode::pcie_slot_narrow, {who},
          {{"lanes_of_card", link.card_max->width}, {"lanes_of_slot", link.slot_max->width}}));
    }
  }
}

/// Redirected peer traffic goes up to the host and through the IOMMU: slow, or lost.
void redirected(const Machine& machine, std::vector<Finding>& found) {
  const bool over_pcie = std::ranges::any_of(machine.links, [](const PeerLink& link) {
    return is_yes(link.can_access.value) && is_no(link.nvlink.value);
  });
  if (!over_pcie) return;
  if (is_yes(machine.acs_redirect.value)) {
    found.push_back(make_finding(FindingCode::acs_redirects_peers, {}));
  }
  // "DMA" and "DMA-FQ" are the kernel's types of groups that translate (sysfs,
  // iommu_groups/N/type).
  if (is_yes(machine.iommu.value) && machine.iommu.raw.find("DMA") != std::string::npos) {
    found.push_back(
        make_finding(FindingCode::iommu_translates, {}, {}, {{"iommu", machine.iommu.raw}}));
  }
}

/// Peers reach a GPU's memory over PCIe through its BAR1, so that one much smaller shows them a
/// part at a time, or makes enabling fail. Half: what a firmware without Resizable BAR leaves, 256
/// MiB, is far below that, and a BAR1 of the memory's size, a power of two, is above it.
void windows(const Machine& machine, std::vector<Finding>& found) {
  for (const Gpu& gpu : machine.gpus) {
    const bool peers = std::ranges::any_of(machine.links, [&](const PeerLink& link) {
      return link.to == gpu.ordinal && is_yes(link.can_access.value) && !is_yes(link.nvlink.value);
    });
    if (!peers || gpu.bar1_bytes == 0 || gpu.bar1_bytes >= gpu.memory_bytes / 2) continue;
    if (is_yes(gpu.integrated.value) || gpu.c2c_links > 0) continue;
    found.push_back(make_finding(FindingCode::bar1_small, {gpu_subject(gpu.ordinal)},
                                 {{"bar1_bytes", static_cast<double>(gpu.bar1_bytes)},
                                  {"memory_bytes", static_cast<double>(gpu.memory_bytes)}}));
  }
}

}  // namespace

void pcie_findings(const Machine& machine, std::vector<Finding>& found) {
  disagreement(machine, found);
  paths(machine, found);
  slots(machine, found);
  redirected(machine, found);
  windows(machine, found);
}

}  // namespace peerbench::machine
