// SPDX-License-Identifier: Apache-2.0
#include "judge/limits_share.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/numbers.hpp"
#include "judge/describe_cells.hpp"
#include "judge/peer_link.hpp"

namespace peerbench::judge {

using machine::PeerLink;
using result::Cell;
using result::Run;

namespace {

/// What a cell goes over: its pair's link, or all between the GPUs of a collective.
std::vector<const PeerLink*> links_under(const Run& run, const Cell& cell) {
  if (const PeerLink* link = peer_link(run.machine, cell)) return {link};
  std::vector<const PeerLink*> found;
  for (const PeerLink& link : run.machine.links) {
    const auto takes_part = [&](int gpu) { return std::ranges::count(cell.key.gpus, gpu) > 0; };
    if (takes_part(link.from) && takes_part(link.to)) found.push_back(&link);
  }
  return found;
}

}  // namespace

std::optional<LimitShare> share_of(const Run& run, const Cell& cell, Limit::Kind kind) {
  if (!cell.ceiling || !(cell.ceiling->value > 0)) return {};
  const double share = *cell.median / cell.ceiling->value;
  const LimitShare plain{share, cell.ceiling->value, share, 0, 0};
  if (kind != Limit::Kind::full_share) return plain;
  const auto links = links_under(run, cell);
  const auto partly = std::ranges::find_if(links, [&](const PeerLink* link) {
    return links_there(run, *link) > link->links_up.value_or(0);
  });
  if (partly == links.end()) return plain;
  const int up = (*partly)->links_up.value_or(0), there = links_there(run, **partly);
  const bool one_pair = links.size() <= 2;
  if (up == 0 || !one_pair) return {};
  return LimitShare{share * up / there, cell.ceiling->value * there / up, share, up, there};
}

std::string describe_share(const LimitShare& share, const std::string& unit) {
  if (share.links_up == share.links_present) {
    return fmt::format("{:.1f} % of the ceiling {} {}", share.share * 100,
                       format_precise(share.ceiling), unit);
  }
  return fmt::format("{:.1f} % of the {} {} of all {} NVLinks ({:.1f} % of the {} that {} up)",
                     share.share * 100, format_precise(share.ceiling), unit, share.links_present,
                     share.of_links_up * 100, share.links_up, share.links_up == 1 ? "is" : "are");
}

}  // namespace peerbench::judge
