// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <tuple>

#include "judge/conclusion.hpp"
#include "judge/describe_cells.hpp"
#include "judge/peer_link.hpp"
#include "judge/spread.hpp"

namespace peerbench::judge {

namespace {

using result::Cell;
using result::Join;
using result::Kind;
using result::PeerGroup;
using result::Shape;
using Pair = std::pair<int, int>;

bool between_two(const Cell& cell) {
  const bool shape = cell.key.shape == Shape::uni || cell.key.shape == Shape::bi;
  return cell.key.family == result::Family::peer && shape && !cell.key.by_address;
}

bool measured(const Cell& cell) { return cell.status == result::Status::ok && cell.median; }

/// The fastest cells of one ordered pair; null: not measured.
struct Best {
  const Cell* one_way = nullptr;
  const Cell* both_ways = nullptr;
  const Cell* staged_one_way = nullptr;
  const Cell* staged_both_ways = nullptr;
  bool low = false;         ///< even the fastest direct rate, one way or both
  std::string not_enabled;  ///< why access that was offered could not be enabled; empty: it could
};

void take(const Cell*& best, const Cell& cell) {
  if (best == nullptr || *cell.median > *best->median) best = &cell;
}

bool is_low(const Cell* cell) { return cell != nullptr && cell->verdict == result::Verdict::low; }

/// Of the largest size, by ordered pair. A cell of both ways is both pairs'.
std::map<Pair, Best> best_of(const result::Run& run) {
  Bytes largest = 0;
  for (const Cell& cell : run.cells) {
    if (between_two(cell)) largest = std::max(largest, cell.bytes.value_or(0));
  }
  std::map<Pair, Best> found;
  for (const Cell& cell : run.cells) {
    const auto from = result::gpu_of(cell.key.source), to = result::gpu_of(cell.key.destination);
    if (!between_two(cell) || !from || !to || cell.bytes.value_or(0) != largest) continue;
    const bool both = cell.key.shape == Shape::bi, staged = cell.key.kind == Kind::staged;
    for (const Pair& pair : {Pair(*from, *to), Pair(*to, *from)}) {
      if (!both && pair != Pair(*from, *to)) continue;
      Best& best = found[pair];
      if (not_enabled(cell)) best.not_enabled = cell.error;
      if (!measured(cell)) continue;
      take(staged ? (both ? best.staged_both_ways : best.staged_one_way)
                  : (both ? best.both_ways : best.one_way),
           cell);
    }
  }
  for (auto& [pair, best] : found) best.low = is_low(best.one_way) || is_low(best.both_ways);
  return found;
}

/// What all pairs of a group share; the order is that of the page.
using Key = std::tuple<Join, int, std::optional<int>, std::optional<int>, bool, std::string>;

Key key_of(const result::Run& run, const Best& best, const machine::PeerLink* link) {
  const bool nvlink = link != nullptr && is_yes(link->nvlink.value);
  const bool direct = best.one_way != nullptr || best.both_ways != nullptr;
  if (!direct) {
    if (!best.not_enabled.empty()) return {Join::refused, 0, {}, {}, false, best.not_enabled};
    const bool refused = link != nullptr && is_no(link->can_access.value);
    return {refused ? Join::refused : Join::staged, 0, {}, {}, false,
            refused ? link->allowed.read.raw : ""};
  }
  if (nvlink) {
    const int there = links_there(run, *link);
    return {Join::nvlink,         -link->links_up.value_or(0),
            link->links_up,       there > 0 ? std::optional(there) : std::nullopt,
            link->through_switch, ""};
  }
  const bool pcie = link != nullptr && is_no(link->nvlink.value);
  return {pcie ? Join::pcie : Join::unknown, 0, {}, {}, false, ""};
}

/// The lowest share of its ceiling, and what that rests on.
void hold_against_peak(PeerGroup& group, const Cell& cell) {
  if (!cell.efficiency || !cell.ceiling) return;
  if (group.share && *group.share <= *cell.efficiency) return;
  group.share = cell.efficiency;
  group.peak_gbs = cell.ceiling->value;
  group.threshold = cell.basis ? cell.basis->threshold : std::nullopt;
}

class Collected {
 public:
  void add(PeerGroup& group, const Pair& pair, const Best& best) {
    group.pairs.push_back(pair);
    group.low = group.low || best.low;
    if (best.one_way != nullptr) hold_against_peak(group, *best.one_way);
    if (best.staged_one_way != nullptr) group.staged_elsewhere = best.staged_one_way->band;
    append(one_way_, best.one_way);
    append(both_ways_, best.both_ways);
    append(staged_one_way_, best.staged_one_way);
    append(staged_both_ways_, best.staged_both_ways);
    take_slowest(pair, best.one_way, direct_);
    take_slowest(pair, best.staged_one_way, staged_);
  }

  void finish(PeerGroup& group) const {
    group.one_way = spread_of(one_way_);
    group.both_ways = spread_of(both_ways_);
    group.staged_one_way = spread_of(staged_one_way_);
    group.staged_both_ways = spread_of(staged_both_ways_);
    const auto& slowest = direct_.cell != nullptr ? direct_ : staged_;
    if (slowest.cell != nullptr) group.slowest = {slowest.pair.first, slowest.pair.second};
    if (group.peak_gbs && group.links_up.value_or(0) > 0) {
      group.whole_gbs =
          *group.peak_gbs / *group.links_up * group.links_present.value_or(*group.links_up);
    }
  }

 private:
  struct Slowest {
    Pair pair;
    const Cell* cell = nullptr;
  };
  static void take_slowest(const Pair& pair, const Cell* cell, Slowest& slowest) {
    if (cell == nullptr || (slowest.cell && *slowest.cell->median <= *cell->median)) return;
    slowest = {pair, cell};
  }
  static void append(std::vector<double>& rates, const Cell* cell) {
    if (cell != nullptr) rates.push_back(*cell->median);
  }
  std::vector<double> one_way_, both_ways_, staged_one_way_, staged_both_ways_;
  Slowest direct_, staged_;
};

}  // namespace

std::vector<PeerGroup> peer_groups(const result::Run& run) {
  std::map<Key, std::pair<PeerGroup, Collected>> groups;
  for (const auto& [pair, best] : best_of(run)) {
    const Key key = key_of(run, best, machine::find_link(run.machine, pair.first, pair.second));
    const auto& [join, order, up, present, through_switch, refusal] = key;
    const bool nothing = best.staged_one_way == nullptr && best.staged_both_ways == nullptr;
    if (join == Join::staged && nothing) continue;
    auto& [group, collected] = groups[key];
    group.join = join;
    group.links_up = up;
    group.links_present = present;
    group.through_switch = through_switch;
    group.refusal = refusal;
    collected.add(group, pair, best);
  }
  std::vector<PeerGroup> found;
  for (auto& [key, entry] : groups) {
    entry.second.finish(entry.first);
    found.push_back(std::move(entry.first));
  }
  return found;
}

}  // namespace peerbench::judge
