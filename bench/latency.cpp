// Family "latency": what a copy costs that is too small to have a rate.
//   latency/ce/{push,staged}/gpuA-gpuB/bytes:16   one of many copies of 16 bytes from gpuA to gpuB
//   that follow one another in one stream, by gpuA's copy engine
// Unit: us. Nothing is counted.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

constexpr Bytes small = 16;

/// In machines with more cards only the first card's pairs, unless pairs were asked for.
constexpr std::size_t few_cards = 4;

Spec spec_of(int from, int to, bool peer_access) {
  Spec spec;
  spec.plan.peer_access = peer_access;
  const auto source = measure::gpu(from);
  spec.plan.transfers.push_back({source, measure::gpu(to), source, measure::Engine::ce, small});
  result::Cell& cell = spec.cell;
  cell.kind = peer_access ? "push" : "staged";
  cell.name = fmt::format("latency/ce/{}/gpu{}-gpu{}/bytes:{}", cell.kind, from, to, small);
  cell.family = "latency";
  cell.engine = "ce";
  cell.op = "copy";
  cell.direction = "uni";
  cell.issuer = cell.src = measure::name(source);
  cell.dst = measure::name(measure::gpu(to));
  cell.peer_access = peer_access;
  cell.memory = "device";
  cell.bytes = small;
  cell.counts = result::Counts::none;
  cell.unit = "us";
  cell.counting_rule =
      "time of one copy in a chain: copies queued behind a gate follow one another in one stream, "
      "and the time between events around them is divided by their number; the host's call and "
      "its wait for the end are not in it";
  return spec;
}

}  // namespace

std::vector<Spec> latency_specs(const machine::Machine& machine, const result::Settings& settings) {
  std::vector<const machine::Gpu*> cards;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (settings.gpus.empty() || std::ranges::count(settings.gpus, gpu.ordinal) > 0) {
      cards.push_back(&gpu);
    }
  }
  const bool all = cards.size() <= few_cards || !settings.pairs.empty();
  std::vector<Spec> specs;
  for (const bool peer_access : {true, false}) {
    for (const machine::Gpu* from : cards) {
      if (!all && from != cards.front()) break;
      for (const machine::Gpu* to : cards) {
        if (from == to || !selected(settings, from->ordinal, to->ordinal)) continue;
        specs.push_back(spec_of(from->ordinal, to->ordinal, peer_access));
        if (peer_access) specs.back().why_refused = why_refused(machine, *from, *to);
      }
    }
  }
  return specs;
}

}  // namespace peerbench::bench
