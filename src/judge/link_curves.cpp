#include "judge/link_curves.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "judge/collective.hpp"
#include "judge/peer_link.hpp"

namespace peerbench::judge {

using result::Cell;
using result::LinkWay;

namespace {

std::vector<int> first_cards(const result::Run& run, int cards) {
  std::vector<int> ordinals;
  for (const auto& gpu : run.machine.gpus) ordinals.push_back(gpu.ordinal);
  ordinals.resize(std::min(ordinals.size(), static_cast<std::size_t>(cards)));
  return ordinals;
}

/// Between which two of `cards` it runs, if it does: their places in the list.
std::optional<std::pair<std::size_t, std::size_t>> ends(const Cell& cell,
                                                        const std::vector<int>& cards) {
  const auto place = [&](const std::string& words) -> std::optional<std::size_t> {
    const auto index = gpu_index(words);
    const auto at = index ? std::ranges::find(cards, *index) : cards.end();
    if (at == cards.end()) return {};
    return static_cast<std::size_t>(at - cards.begin());
  };
  const auto from = place(cell.src), to = place(cell.dst);
  if (!from || !to || from == to) return {};
  return std::pair(*from, *to);
}

bool measured(const Cell& cell) {
  return cell.status == result::Status::ok && cell.median.value_or(0) > 0 && cell.bytes;
}

double seconds_of(const Cell& cell, double bytes) {
  return cell.unit == "us" ? *cell.median * 1e-6 : bytes / (*cell.median * 1e9);
}

/// All of the flows' cards and no others.
bool among(const Cell& cell, const std::vector<int>& cards) {
  std::set<int> found;
  for (const auto& flow : cell.flows) {
    for (const std::string& end : {flow.src, flow.dst}) {
      if (const auto index = gpu_index(end)) found.insert(*index);
    }
  }
  return found == std::set<int>(cards.begin(), cards.end());
}

void add_copies(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  const auto bytes = static_cast<double>(*cell.bytes);
  const auto count = static_cast<double>(cards.size());
  if (cell.direction == "all-to-all" && among(cell, cards)) {
    const double all = count * (count - 1) * bytes;
    curves.exchange.add(*cell.bytes, seconds_of(cell, all), cell.name);
    return;
  }
  const auto pair = ends(cell, cards);
  if (!pair) return;
  const bool neighbours = pair->second == pair->first + 1;
  if (cell.direction == "uni" && neighbours) {
    curves.one_way.add(*cell.bytes, seconds_of(cell, bytes), cell.name);
  }
  if (cell.direction == "bi" && cards.size() == 2) {
    curves.exchange.add(*cell.bytes, seconds_of(cell, 2 * bytes), cell.name);
  }
}

void add_latency(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  const auto pair = ends(cell, cards);
  if (!pair || cell.unit != "us") return;
  const double once = seconds_of(cell, 0);
  if (pair->second == pair->first + 1) curves.one_way.add(*cell.bytes, once, cell.name);
  curves.exchange.add(*cell.bytes, once * static_cast<double>(cards.size() - 1), cell.name);
}

/// Messages of exactly the sizes that a model has.
void add_message(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  const double seconds = seconds_of(cell, 0);
  if (cell.op == "boundary") {
    const auto pair = ends(cell, cards);
    if (pair && pair->second == pair->first + 1) {
      curves.one_way.add(*cell.bytes, seconds, cell.name);
    }
    return;
  }
  if (cell.op != "all_reduce" || !among(cell, cards)) return;
  (cell.mode == "parts" ? curves.in_parts : curves.exchange).add(*cell.bytes, seconds, cell.name);
}

bool neighbours(const std::vector<int>& ranks, const std::vector<int>& cards) {
  const auto first = std::ranges::find(cards, ranks.front());
  return ranks.size() == 2 && first != cards.end() && std::next(first) != cards.end() &&
         *std::next(first) == ranks.back();
}

void add_collective(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  const auto bytes = static_cast<double>(*cell.bytes);
  const auto count = static_cast<double>(cards.size());
  const std::vector<int> ranks = ranks_of(cell);
  if (cell.op == "all_reduce" && ranks == cards) {
    // busbw counts 2 (n - 1) / n times the bytes of an all-reduce (nccl-tests, PERFORMANCE.md).
    const double counted =
        cell.counts == result::Counts::busbw ? bytes * 2 * (count - 1) / count : bytes;
    curves.all_reduce.add(*cell.bytes, seconds_of(cell, counted), cell.name);
  } else if ((cell.op == "boundary" || cell.op == "send") && neighbours(ranks, cards)) {
    curves.one_way.add(*cell.bytes, seconds_of(cell, bytes), cell.name);
  } else {
    return;
  }
  if (curves.wire.empty()) curves.wire = cell.transport;
}

/// Of cells that could say something: their kind is asked for before.
void note_refusal(const Cell& cell, LinkCurves& curves) {
  if (cell.status != result::Status::ok && curves.refused.empty()) curves.refused = cell.reason;
}

LinkCurves nccl_curves(const result::Run& run, const std::vector<int>& cards,
                       const std::string& mode) {
  LinkCurves curves;
  for (const Cell& cell : run.cells) {
    if (cell.engine != "nccl") continue;
    note_refusal(cell, curves);
    if (!measured(cell)) continue;
    // Cells of programs that do not say so were launched by the host.
    const std::string launched = cell.mode.empty() ? "eager" : cell.mode;
    if (launched == mode) add_collective(cell, cards, curves);
  }
  return curves;
}

}  // namespace

LinkCurves link_curves(const result::Run& run, int cards, LinkWay way) {
  const std::vector<int> among_cards = first_cards(run, cards);
  if (way == LinkWay::nccl) return nccl_curves(run, among_cards, "eager");
  LinkCurves curves;
  std::set<std::string> wires;
  for (const Cell& cell : run.cells) {
    const char* kind = way == LinkWay::peer ? "push" : "staged";
    if (cell.engine != "ce" || cell.kind != kind) continue;
    note_refusal(cell, curves);
    if (!measured(cell)) continue;
    if (cell.family == "peer") {
      add_copies(cell, among_cards, curves);
      wires.insert(cell.wire);
    }
    if (cell.family == "split") {
      add_message(cell, among_cards, curves);
      wires.insert(cell.wire);
    }
    // A chain of copies, not the host's call and its wait.
    if (cell.family == "latency" && cell.op == "copy") add_latency(cell, among_cards, curves);
  }
  if (way == LinkWay::staged) curves.wire = "host";
  if (way == LinkWay::peer && wires.size() == 1) curves.wire = *wires.begin();
  return curves;
}

LinkCurves graph_curves(const result::Run& run, int cards) {
  return nccl_curves(run, first_cards(run, cards), "graph");
}

}  // namespace peerbench::judge
