// SPDX-License-Identifier: Apache-2.0
#include "judge/peer_link.hpp"

#include <algorithm>

namespace peerbench::judge {

const machine::PeerLink* peer_link(const machine::Machine& machine, const result::Cell& cell) {
  const auto from = result::gpu_of(cell.key.source);
  const auto to = result::gpu_of(cell.key.destination);
  return from && to ? machine::find_link(machine, *from, *to) : nullptr;
}

int links_there(const result::Run& run, const machine::PeerLink& link) {
  int there = link.links_present.value_or(0);
  if (!link.through_switch) return there;
  for (const machine::Finding& finding : run.findings) {
    if (finding.code != machine::FindingCode::nvlinks_uneven) continue;
    const bool of_the_pair = std::ranges::any_of(finding.subjects, [&](const auto& subject) {
      return std::ranges::count(subject.gpus, link.from) +
             std::ranges::count(subject.gpus, link.to);
    });
    const double wired = machine::figure(finding.figures, "links_wired");
    if (of_the_pair && wired > there) there = static_cast<int>(wired);
  }
  return there;
}

}  // namespace peerbench::judge
