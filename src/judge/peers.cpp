// SPDX-License-Identifier: Apache-2.0
#include "judge/peers.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "judge/peer_link.hpp"
#include "measure/statistics.hpp"

namespace peerbench::judge {

namespace {

using machine::PciTopologyLevel;
using result::Cell;

constexpr std::size_t fewest = 3;

/// What decides how fast a pair can be.
using Joint = std::tuple<Tri, int, bool, PciTopologyLevel>;

/// Copies through host memory take the way over PCI, whatever else joins the GPUs.
Joint joint(const machine::Machine& machine, const Cell& cell) {
  const machine::PeerLink* link = peer_link(machine, cell);
  if (link == nullptr) return {};
  if (cell.key.kind == result::Kind::staged) return {Tri::unknown, 0, false, link->way};
  const bool nvlink = is_yes(link->nvlink.value);
  return {link->nvlink.value, nvlink ? link->links_up.value_or(0) : 0, link->through_switch,
          nvlink ? PciTopologyLevel::unknown : link->way};
}

/// Without its pair.
using Alike = std::tuple<result::Engine, result::Kind, result::Shape, bool, Bytes>;

/// A rate that had not settled, as the first one while clocks still rise, says nothing of its pair.
bool between_two(const Cell& cell) {
  return cell.key.family == result::Family::peer && of_a_pair(cell.key.shape) &&
         cell.status == result::Status::ok && cell.median && *cell.median > 0 &&
         cell.settled.value_or(true);
}

std::vector<std::vector<Cell*>> groups(result::Run& run) {
  std::map<std::pair<Alike, Joint>, std::vector<Cell*>> found;
  for (Cell& cell : run.cells) {
    cell.below_peers.reset();
    if (!between_two(cell)) continue;
    const Alike kind = {cell.key.engine, cell.key.kind, cell.key.shape, cell.key.by_address,
                        cell.bytes.value_or(0)};
    found[{kind, joint(run.machine, cell)}].push_back(&cell);
  }
  std::vector<std::vector<Cell*>> all;
  for (auto& [key, cells] : found) {
    if (cells.size() >= fewest) all.push_back(std::move(cells));
  }
  return all;
}

double share(const Cell& cell) { return *cell.median / *cell.below_peers; }

machine::Finding finding_of(const std::vector<const Cell*>& below) {
  std::map<std::pair<int, int>, double> worst_of;  // by pair
  for (const Cell* cell : below) {
    const int from = result::gpu_of(cell->key.source).value_or(-1);
    const int to = result::gpu_of(cell->key.destination).value_or(-1);
    const std::pair pair(std::min(from, to), std::max(from, to));
    const auto at = worst_of.emplace(pair, share(*cell)).first;
    at->second = std::min(at->second, share(*cell));
  }
  std::vector<std::pair<double, std::pair<int, int>>> pairs;
  for (const auto& [pair, least] : worst_of) pairs.emplace_back(least, pair);
  std::ranges::sort(pairs);
  std::vector<machine::Subject> subjects;
  for (const auto& [least, pair] : pairs) {
    subjects.push_back(machine::pair_subject(pair.first, pair.second));
  }
  const Cell& worst =
      **std::ranges::min_element(below, {}, [](const Cell* cell) { return share(*cell); });
  return machine::make_finding(machine::FindingCode::pairs_below_peers, std::move(subjects),
                               {{"pairs", static_cast<double>(pairs.size())},
                                {"worst_gbs", *worst.median},
                                {"peers_gbs", *worst.below_peers}},
                               {{"worst", worst.name}});
}

}  // namespace

void compare_with_peers(result::Run& run) {
  std::erase_if(run.findings, [](const machine::Finding& finding) {
    return finding.code == machine::FindingCode::pairs_below_peers;
  });
  std::vector<const Cell*> below;
  for (const std::vector<Cell*>& cells : groups(run)) {
    std::vector<double> rates;
    for (const Cell* cell : cells) rates.push_back(*cell->median);
    const double median = measure::summarize(rates).median;
    for (Cell* cell : cells) {
      if (*cell->median >= like_peers * median) continue;
      cell->below_peers = median;
      below.push_back(cell);
    }
  }
  if (!below.empty()) run.findings.push_back(finding_of(below));
}

}  // namespace peerbench::judge
