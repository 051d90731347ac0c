// SPDX-License-Identifier: Apache-2.0
#include "judge/link_curves.hpp"

#include <algorithm>
#include <set>

#include "judge/collective.hpp"
#include "judge/peer_link.hpp"
#include "result/cell_key.hpp"

namespace peerbench::judge {

using result::Cell;
using result::LinkWay;

namespace {

/// A cell's duration, as `counted` bytes where it is a rate; or why it has none.
void feed(TimeCurve& curve, const Cell& cell, double counted, double times = 1) {
  const Bytes bytes = cell.bytes.value_or(0);
  if (cell.status != result::Status::ok || cell.median.value_or(0) <= 0) {
    curve.refuse(bytes, cell.reason);
    return;
  }
  const double seconds = cell.unit == "us" ? *cell.median * 1e-6 : counted / (*cell.median * 1e9);
  curve.add(bytes, times * seconds, cell.name);
}

double bytes_of(const Cell& cell) { return static_cast<double>(cell.bytes.value_or(0)); }

/// All of the name's GPUs and no others.
bool among(const Cell& cell, const std::vector<int>& cards) {
  const std::vector<int>& ranks = cell.key.gpus;
  return std::set<int>(ranks.begin(), ranks.end()) == std::set<int>(cards.begin(), cards.end());
}

/// Both ends are of `cards`; their places in the list.
std::optional<std::pair<std::size_t, std::size_t>> ends(const Cell& cell,
                                                        const std::vector<int>& cards) {
  const auto place = [&](const std::optional<result::Place>& end) -> std::optional<std::size_t> {
    const auto index = result::gpu_of(end);
    const auto at = index ? std::ranges::find(cards, *index) : cards.end();
    if (at == cards.end()) return {};
    return static_cast<std::size_t>(at - cards.begin());
  };
  const auto from = place(cell.key.source), to = place(cell.key.destination);
  if (!from || !to || from == to) return {};
  return std::pair(*from, *to);
}

/// The curve from the first of two GPUs to the second, if they are neighbours.
TimeCurve* boundary(LinkCurves& curves, std::size_t from, std::size_t to) {
  return to == from + 1 ? &curves.boundaries[from] : nullptr;
}

void add_copies(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  const auto count = static_cast<double>(cards.size());
  if (cell.key.shape == result::Shape::all_to_all && among(cell, cards)) {
    feed(curves.exchange, cell, count * (count - 1) * bytes_of(cell));
    return;
  }
  const auto pair = ends(cell, cards);
  if (!pair) return;
  if (TimeCurve* curve = boundary(curves, pair->first, pair->second);
      curve != nullptr && cell.key.shape == result::Shape::uni) {
    feed(*curve, cell, bytes_of(cell));
  }
  if (cell.key.shape == result::Shape::bi && cards.size() == 2) {
    feed(curves.exchange, cell, 2 * bytes_of(cell));
  }
}

void add_latency(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  const auto pair = ends(cell, cards);
  if (!pair || cell.unit != "us") return;
  if (TimeCurve* curve = boundary(curves, pair->first, pair->second)) feed(*curve, cell, 0);
  feed(curves.exchange, cell, 0, static_cast<double>(cards.size() - 1));
}

/// Messages of exactly the sizes that a model has.
void add_message(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  if (cell.key.op == result::Op::boundary) {
    const auto pair = ends(cell, cards);
    TimeCurve* curve = pair ? boundary(curves, pair->first, pair->second) : nullptr;
    if (curve != nullptr) feed(*curve, cell, 0);
  } else if (cell.key.op == result::Op::all_reduce && among(cell, cards)) {
    feed(cell.key.exchange == result::Exchange::parts ? curves.in_parts : curves.exchange, cell, 0);
  }
}

void add_collective(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  const auto count = static_cast<double>(cards.size());
  const std::vector<int>& ranks = cell.key.gpus;
  if (cell.key.op == result::Op::all_reduce && ranks == cards) {
    // busbw counts 2 (n - 1) / n times the bytes of an all-reduce (nccl-tests, PERFORMANCE.md).
    const double share = cell.counts == result::Counts::busbw ? 2 * (count - 1) / count : 1;
    feed(curves.all_reduce, cell, share * bytes_of(cell));
  } else if ((cell.key.op == result::Op::boundary || cell.key.op == result::Op::send) &&
             ranks.size() == 2) {
    const auto from = std::ranges::find(cards, ranks[0]), to = std::ranges::find(cards, ranks[1]);
    if (from == cards.end() || to != std::next(from)) return;
    feed(curves.boundaries[static_cast<std::size_t>(from - cards.begin())], cell, bytes_of(cell));
  } else {
    return;
  }
  if (curves.wire.empty()) curves.wire = cell.transport;
}

void add(const Cell& cell, const std::vector<int>& cards, LinkCurves& curves) {
  switch (cell.key.family) {
    case result::Family::peer:
      if (!cell.key.by_address) add_copies(cell, cards, curves);
      break;
    case result::Family::split:
      add_message(cell, cards, curves);
      break;
    case result::Family::latency:
      // A chain of copies, not the host's call and its wait.
      if (cell.key.op == result::Op::copy) add_latency(cell, cards, curves);
      break;
    default:
      break;
  }
}

bool tells_wire(const Cell& cell, const std::vector<int>& cards) {
  return cell.key.family != result::Family::latency && cell.status == result::Status::ok &&
         (ends(cell, cards) || among(cell, cards));
}

LinkCurves curves_among(const std::vector<int>& cards) {
  LinkCurves curves;
  curves.boundaries.resize(cards.empty() ? 0 : cards.size() - 1);
  return curves;
}

LinkCurves nccl_curves(const result::Run& run, const std::vector<int>& cards,
                       result::Launch launch) {
  LinkCurves curves = curves_among(cards);
  for (const Cell& cell : run.cells) {
    if (cell.key.engine == result::Engine::nccl && cell.key.launch == launch)
      add_collective(cell, cards, curves);
  }
  return curves;
}

}  // namespace

std::vector<int> cards_of_model(const machine::Machine& machine, const result::Settings& settings,
                                int count) {
  std::vector<const machine::Gpu*> cards;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (settings.gpus.empty() || std::ranges::count(settings.gpus, gpu.ordinal) > 0) {
      cards.push_back(&gpu);
    }
  }
  if (count == 1 && !cards.empty()) {
    return {(*std::ranges::max_element(cards, {}, &machine::Gpu::memory_bytes))->ordinal};
  }
  std::vector<int> ordinals;
  for (const machine::Gpu* gpu : cards) ordinals.push_back(gpu->ordinal);
  ordinals.resize(std::min(ordinals.size(), static_cast<std::size_t>(std::max(count, 0))));
  return ordinals;
}

LinkCurves link_curves(const result::Run& run, const std::vector<int>& cards, LinkWay way) {
  if (way == LinkWay::nccl) return nccl_curves(run, cards, result::Launch::eager);
  LinkCurves curves = curves_among(cards);
  std::set<std::string> wires;
  const auto kind = way == LinkWay::peer ? result::Kind::push : result::Kind::staged;
  for (const Cell& cell : run.cells) {
    if (cell.key.engine != result::Engine::ce || cell.key.kind != kind) continue;
    add(cell, cards, curves);
    if (tells_wire(cell, cards)) wires.insert(cell.wire);
  }
  if (way == LinkWay::staged) curves.wire = "host";
  if (way == LinkWay::peer && wires.size() == 1) curves.wire = *wires.begin();
  return curves;
}

LinkCurves graph_curves(const result::Run& run, const std::vector<int>& cards) {
  return nccl_curves(run, cards, result::Launch::graph);
}

}  // namespace peerbench::judge
