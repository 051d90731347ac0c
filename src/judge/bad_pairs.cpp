// SPDX-License-Identifier: Apache-2.0
// What all bad pairs of GPUs have in common.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/list_some.hpp"
#include "judge/describe_cells.hpp"
#include "judge/failures.hpp"

namespace peerbench::judge {

namespace {

using machine::Figures;
using machine::Finding;
using machine::FindingCode;
using machine::Quotes;
using machine::Subject;
using result::Cell;
using result::Kind;
using result::Status;
using Pair = std::pair<int, int>;  ///< the smaller ordinal first
using Pairs = std::set<Pair>;

/// The most serious last.
enum class Trouble { none, slow, refused, failing, never_ending, corrupt };

/// What was seen of one pair, in both directions and by all engines.
struct PairState {
  Trouble trouble = Trouble::none;
  bool direct = false;        ///< direct copies were tried
  bool good_direct = false;   ///< a direct rate was measured
  bool good_staged = false;   ///< a staged rate was measured
  bool wrong_staged = false;  ///< staged copies have trouble as well
};

Trouble trouble_of(const Cell& cell) {
  switch (cell.status) {
    case Status::corrupt:
      return Trouble::corrupt;
    case Status::hang:
      return Trouble::never_ending;
    case Status::error:
      return Trouble::failing;
    case Status::unsupported:
      return not_enabled(cell) ? Trouble::refused : Trouble::none;
    case Status::ok:
    case Status::skipped:
      break;
  }
  // Staged copies of healthy machines differ by pair, and so do both directions at once.
  const bool unlike =
      cell.below_peers && cell.key.shape == result::Shape::uni && cell.key.kind != Kind::staged;
  return unlike ? Trouble::slow : Trouble::none;
}

std::map<Pair, PairState> states_of(const result::Run& run) {
  std::map<Pair, PairState> states;
  for (const Cell& cell : run.cells) {
    const auto from = result::gpu_of(cell.key.source), to = result::gpu_of(cell.key.destination);
    if (cell.key.family != result::Family::peer || !of_a_pair(cell.key.shape) || !from || !to) {
      continue;
    }
    PairState& state = states[{std::min(*from, *to), std::max(*from, *to)}];
    const Trouble trouble = trouble_of(cell);
    const bool staged = cell.key.kind == Kind::staged, ok = cell.status == Status::ok;
    state.trouble = std::max(state.trouble, trouble);
    state.direct = state.direct || (!staged && (ok || trouble != Trouble::none));
    state.good_direct = state.good_direct || (ok && !staged);
    state.good_staged = state.good_staged || (ok && staged);
    state.wrong_staged = state.wrong_staged || (staged && trouble > Trouble::refused);
  }
  return states;
}

/// Pairs by how they are. Where some copy directly, those that cannot say nothing.
struct Sorted {
  Pairs bad, good;
  std::map<Trouble, int> troubles;
  int staged_good = 0;  ///< bad ones whose staged copies are good
};

Sorted sorted(const std::map<Pair, PairState>& states) {
  const bool any_direct =
      std::ranges::any_of(states, [](const auto& each) { return each.second.direct; });
  Sorted found;
  for (const auto& [pair, state] : states) {
    if (state.trouble != Trouble::none) {
      found.bad.insert(pair);
      ++found.troubles[state.trouble];
      found.staged_good += state.good_staged && !state.wrong_staged ? 1 : 0;
    } else if (any_direct ? state.good_direct : state.good_staged) {
      found.good.insert(pair);
    }
  }
  return found;
}

bool has_end(const Pair& pair, int gpu) { return pair.first == gpu || pair.second == gpu; }

/// Whether all bad pairs are so and, `exactly`, no good one is; else that some good one is not.
bool parts(const Sorted& pairs, bool exactly, const auto& is_so) {
  return std::ranges::all_of(pairs.bad, is_so) &&
         (exactly ? std::ranges::none_of(pairs.good, is_so)
                  : !std::ranges::all_of(pairs.good, is_so));
}

/// What the bad pairs share, and how it is called.
struct Shared {
  FindingCode code = FindingCode::bad_pairs_share_gpu;
  Subject subject = {};
  Quotes quotes = {};
};

/// The GPUs below each PCIe switch, by the address of the port of it that is nearest to them.
std::map<std::set<int>, std::string> switches_of(const machine::Machine& machine) {
  std::map<std::string, std::set<int>> below;
  for (const machine::Gpu& gpu : machine.gpus) {
    for (const std::string& port : gpu.pcie.bridges) below[port].insert(gpu.ordinal);
  }
  std::map<std::set<int>, std::string> found;
  for (const machine::Gpu& gpu : machine.gpus) {
    for (const std::string& port : gpu.pcie.bridges) {
      if (below[port].size() > 1) found[below[port]] = port;
    }
  }
  return found;
}

std::optional<Shared> shared_by(const machine::Machine& machine, const Sorted& pairs) {
  for (const machine::Gpu& gpu : machine.gpus) {
    const auto with_gpu = [&](const Pair& pair) { return has_end(pair, gpu.ordinal); };
    if (parts(pairs, false, with_gpu)) {
      return Shared{.code = FindingCode::bad_pairs_share_gpu,
                    .subject = machine::gpu_subject(gpu.ordinal)};
    }
  }
  for (const auto& [below, port] : switches_of(machine)) {
    const auto ends_below = [&gpus = below](const Pair& pair) {
      return gpus.count(pair.first) + gpus.count(pair.second);
    };
    const Subject subject{{}, {}, port};
    const Quotes quotes = {{"switch", port}};
    if (parts(pairs, true, [&](const Pair& pair) { return ends_below(pair) == 2; })) {
      return Shared{FindingCode::bad_pairs_below_switch, subject, quotes};
    }
    if (parts(pairs, true, [&](const Pair& pair) { return ends_below(pair) == 1; })) {
      return Shared{FindingCode::bad_pairs_leave_switch, subject, quotes};
    }
  }
  const auto node = [&](int ordinal) {
    const machine::Gpu* gpu = machine::find_gpu(machine, ordinal);
    return gpu == nullptr ? -1 : gpu->numa_node;
  };
  const auto crosses = [&](const Pair& pair) {
    const int from = node(pair.first), to = node(pair.second);
    return from >= 0 && to >= 0 && from != to;
  };
  if (!parts(pairs, true, crosses)) return std::nullopt;
  return Shared{.code = FindingCode::bad_pairs_cross_sockets};
}

/// The direct cell that lies farthest below its peers.
void add_worst(const result::Run& run, Figures& figures) {
  const Cell* worst = nullptr;
  const auto share = [](const Cell& cell) { return *cell.median / *cell.below_peers; };
  for (const Cell& cell : run.cells) {
    if (trouble_of(cell) != Trouble::slow) continue;
    if (worst == nullptr || share(cell) < share(*worst)) worst = &cell;
  }
  if (worst == nullptr) return;
  figures.emplace_back("worst_gbs", *worst->median);
  figures.emplace_back("peers_gbs", *worst->below_peers);
}

std::string describe_good(const Pairs& good) {
  constexpr std::size_t most = 2;
  std::vector<std::string> names;
  for (const auto& [from, to] : good) names.push_back(fmt::format("gpu{} <-> gpu{}", from, to));
  return list_some(names, most, good.size() == most + 1 ? "more pair" : "more pairs");
}

}  // namespace

std::optional<Finding> what_bad_pairs_share(const result::Run& run) {
  const Sorted pairs = sorted(states_of(run));
  if (pairs.bad.size() < 2 || pairs.good.empty()) return std::nullopt;
  auto shared = shared_by(run.machine, pairs);
  if (!shared) return std::nullopt;
  std::vector<Subject> subjects;
  const bool named = !shared->subject.gpus.empty() || !shared->subject.name.empty();
  if (named) subjects.push_back(std::move(shared->subject));
  for (const auto& [from, to] : pairs.bad) subjects.push_back(machine::pair_subject(from, to));
  Figures figures = {{"bad_pairs", static_cast<double>(pairs.bad.size())},
                     {"good_pairs", static_cast<double>(pairs.good.size())}};
  for (const auto& [trouble, name] :
       {std::pair{Trouble::corrupt, "corrupt_pairs"},
        std::pair{Trouble::never_ending, "hanging_pairs"},
        std::pair{Trouble::failing, "failed_pairs"}, std::pair{Trouble::refused, "refused_pairs"},
        std::pair{Trouble::slow, "slow_pairs"}}) {
    const auto count = pairs.troubles.find(trouble);
    if (count != pairs.troubles.end()) figures.emplace_back(name, count->second);
  }
  if (pairs.staged_good > 0) figures.emplace_back("staged_good_pairs", pairs.staged_good);
  add_worst(run, figures);
  Quotes quotes = std::move(shared->quotes);
  quotes.emplace_back("good", describe_good(pairs.good));
  return machine::make_finding(shared->code, std::move(subjects), std::move(figures),
                               std::move(quotes));
}

}  // namespace peerbench::judge
