// SPDX-License-Identifier: Apache-2.0
#include "judge/link_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace peerbench::judge {

using machine::Machine;
using machine::PcieSpeed;

namespace {

double weight(const PcieSpeed& speed) { return speed.width * std::exp2(speed.generation); }

std::string words(const PcieSpeed& speed) {
  return fmt::format("{}.0 x{}", speed.generation, speed.width);
}

/// What the way of a GPU allows; while it copies where that was read.
std::optional<PcieSpeed> way(const machine::Gpu& gpu, bool under_load) {
  return under_load ? gpu.pcie.under_load : gpu.pcie.narrowest;
}

void compare_pcie(const machine::Gpu& before, const machine::Gpu& now, LinkChange& change) {
  const bool both_loaded = before.pcie.under_load && now.pcie.under_load;
  const auto was = way(before, both_loaded);
  const auto is = way(now, both_loaded);
  if (!was || !is || weight(*was) == weight(*is)) return;
  if (weight(*is) > weight(*was)) {
    change.gained = true;
  } else {
    change.lost.push_back(
        fmt::format("gpu{}: PCIe {}, {} before", now.ordinal, words(*is), words(*was)));
  }
}

}  // namespace

LinkChange link_change(const Machine& before, const Machine& now) {
  LinkChange change;
  for (const auto& is : now.links) {
    const machine::PeerLink* was = machine::find_link(before, is.from, is.to);
    if (was == nullptr || !was->links_up || !is.links_up) continue;
    if (*is.links_up > *was->links_up) change.gained = true;
    if (*is.links_up < *was->links_up) {
      change.lost.push_back(fmt::format("gpu{} -> gpu{}: {} NVLinks up, {} before", is.from, is.to,
                                        *is.links_up, *was->links_up));
    }
  }
  for (std::size_t i = 0; i < std::min(before.gpus.size(), now.gpus.size()); ++i) {
    compare_pcie(before.gpus[i], now.gpus[i], change);
  }
  return change;
}

}  // namespace peerbench::judge
