// SPDX-License-Identifier: Apache-2.0
#include "machine/findings.hpp"

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

using Subjects = std::vector<Subject>;

Subject pair(const PeerLink& link) { return pair_subject(link.from, link.to); }

void bridges(const Machine& machine, Findings& found) {
  std::map<std::pair<int, int>, Subjects> part;  // by links up and present
  Subjects down, refused;
  for (const PeerLink& link : machine.links) {
    if (link.from > link.to) continue;
    const int up = link.links_up.value_or(0);
    const int present = link.links_present.value_or(0);
    if (up > 0 && up < present) part[{up, present}].push_back(pair(link));
    if (up == 0 && present > 0) down.push_back(pair(link));
    if (is_yes(link.nvlink.value) && is_no(link.can_access.value)) refused.push_back(pair(link));
  }
  for (const auto& [links, pairs] : part) {
    found.push_back(make_finding(FindingCode::nvlinks_partly_down, pairs,
                                 {{"links_up", links.first}, {"links_present", links.second}}));
  }
  if (!down.empty()) found.push_back(make_finding(FindingCode::nvlinks_all_down, down));
  if (!refused.empty()) found.push_back(make_finding(FindingCode::nvlink_refused, refused));
}

/// Cards of one switch fabric should all have as many links up.
void uneven_switch_links(const Machine& machine, Findings& found) {
  std::set<int> on_switch;
  for (const PeerLink& link : machine.links) {
    if (link.through_switch) on_switch.insert(link.from);
  }
  const auto links_up = [&](int gpu, int unknown) {
    const Gpu* one = find_gpu(machine, gpu);
    return one == nullptr ? unknown : one->nvlinks_up.value_or(unknown);
  };
  int most = 0;
  for (const int gpu : on_switch) most = std::max(most, links_up(gpu, 0));
  for (const int gpu : on_switch) {
    const int up = links_up(gpu, most);
    if (up == most) continue;
    found.push_back(make_finding(FindingCode::nvlinks_uneven, {gpu_subject(gpu)},
                                 {{"links_up", up}, {"links_of_others", most}}));
  }
}

void one_sided(const Machine& machine, Findings& found) {
  Subjects access, links;
  for (const PeerLink& link : machine.links) {
    const PeerLink* back = find_link(machine, link.to, link.from);
    if (link.from > link.to || back == nullptr) continue;
    const bool known =
        link.can_access.value != Tri::unknown && back->can_access.value != Tri::unknown;
    if (known && link.can_access.value != back->can_access.value) access.push_back(pair(link));
    if (link.links_up && back->links_up && *link.links_up != *back->links_up) {
      links.push_back(pair(link));
    }
  }
  if (!access.empty()) found.push_back(make_finding(FindingCode::peer_access_one_sided, access));
  if (!links.empty()) found.push_back(make_finding(FindingCode::nvlinks_miscounted, links));
}

/// Where CUDA and NVML disagree about one pair, one of them is wrong about the data's way.
void disagreement(const Machine& machine, Findings& found) {
  std::map<std::string, Subjects> disputed;  // by NVML's word
  for (const PeerLink& link : machine.links) {
    const bool refused = is_no(link.allowed.read.value) && is_no(link.allowed.write.value);
    if (link.from < link.to && is_yes(link.can_access.value) && refused) {
      disputed[link.allowed.read.raw].push_back(pair(link));
    }
  }
  for (const auto& [word, pairs] : disputed) {
    found.push_back(make_finding(FindingCode::peer_access_disputed, pairs, {}, {{"nvml", word}}));
  }
}

void slots(const Machine& machine, Findings& found) {
  for (const Gpu& gpu : machine.gpus) {
    const PcieLink& link = gpu.pcie;
    if (!link.card_max || !link.slot_max) continue;
    const PcieSpeed able{std::min(link.card_max->generation, link.slot_max->generation),
                         std::min(link.card_max->width, link.slot_max->width)};
    const Subject who = gpu_subject(gpu.ordinal);
    if (link.current && link.current->width < able.width) {
      found.push_back(
          make_finding(FindingCode::pcie_lanes_low, {who},
                       {{"lanes", link.current->width}, {"lanes_possible", able.width}}));
    } else if (link.slot_max->width < link.card_max->width) {
      found.push_back(make_finding(
          FindingCode::pcie_slot_narrow, {who},
          {{"lanes_of_card", link.card_max->width}, {"lanes_of_slot", link.slot_max->width}}));
    } else if (link.narrowest && !link.narrowest_at.empty() &&
               pcie_gbs(*link.narrowest) < pcie_gbs(able)) {
      found.push_back(make_finding(
          FindingCode::pcie_path_narrow, {who},
          {{"generation", link.narrowest->generation}, {"lanes", link.narrowest->width}},
          {{"speed", pcie_text(*link.narrowest)}, {"port", link.narrowest_at}}));
    }
  }
}

void hidden(const Signals& signals, const Machine& machine, Findings& found) {
  const auto& modifiers = machine.modifiers;
  if (std::ranges::count(modifiers, Modifier::hidden_gpus) == 0) return;
  const Figures missing = {{"gpus", hidden_gpus(signals)}};
  if (signals.cuda_visible_devices) {
    found.push_back(make_finding(FindingCode::gpus_hidden_by_environment, {}, missing,
                                 {{"variable", *signals.cuda_visible_devices}}));
  } else if (signals.cuda_count == 0) {
    found.push_back(
        make_finding(FindingCode::gpus_without_cuda, {}, missing, {{"cuda", signals.cuda_error}}));
  } else if (signals.nvml_count.value_or(0) > signals.cuda_count) {
    found.push_back(make_finding(FindingCode::gpus_unseen_by_cuda, {}, missing));
  } else {
    found.push_back(make_finding(is_yes(signals.container.value)
                                     ? FindingCode::gpus_not_in_container
                                     : FindingCode::gpus_without_driver,
                                 {}, missing));
  }
}

void without_nvml(const Signals& signals, Findings& found) {
  if (signals.gpus.empty() || is_yes(signals.nvml.value)) return;
  found.push_back(make_finding(is_yes(signals.container.value)
                                   ? FindingCode::nvml_missing_in_container
                                   : FindingCode::nvml_missing,
                               {}, {}, {{"nvml", signals.nvml.raw}}));
}

/// Redirected peer traffic goes up to the host and through the IOMMU: slow, or lost.
void redirected(const Machine& machine, Findings& found) {
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
    found.push_back(
        make_finding(FindingCode::pcie_generation_low, {gpu_subject(gpu.ordinal)},
                     {{"generation", link.under_load->generation}, {"generation_possible", able}}));
  }
  return found;
}

}  // namespace peerbench::machine
