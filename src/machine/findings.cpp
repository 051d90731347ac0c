// SPDX-License-Identifier: Apache-2.0
#include "machine/findings.hpp"

#include <algorithm>
#include <utility>

#include "machine/builds.hpp"
#include "machine/finding_parts.hpp"

namespace peerbench::machine {

std::vector<Finding> findings(const Signals& signals, const Machine& machine) {
  std::vector<Finding> found;
  if (auto finding = without_code(signals)) found.push_back(std::move(*finding));
  hidden_findings(signals, machine, found);
  nvlink_findings(signals, machine, found);
  pcie_findings(machine, found);
  use_findings(signals, machine, found);
  return grouped(std::move(found));
}

std::vector<Finding> findings_under_load(const Machine& machine) {
  std::vector<Finding> found;
  for (const Gpu& gpu : machine.gpus) {
    const PcieLink& link = gpu.pcie;
    if (!link.under_load || !link.card_max || !link.slot_max) continue;
    const int able = std::min(link.card_max->generation, link.slot_max->generation);
    if (link.under_load->generation >= able) continue;
    found.push_back(
        make_finding(FindingCode::pcie_generation_low, {gpu_subject(gpu.ordinal)},
                     {{"generation", link.under_load->generation}, {"generation_possible", able}}));
  }
  return grouped(std::move(found));
}

}  // namespace peerbench::machine
