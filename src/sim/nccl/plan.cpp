// SPDX-License-Identifier: Apache-2.0
#include "sim/nccl/plan.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/core/faults.hpp"

namespace gpusim {
namespace {

/// The ring protocols, from the tuning model of NCCL (src/graph/tuning.cc): base latency and
/// latency of one hop in microseconds, and the share of the wire that carries data.
struct Protocol {
  double base_us, nvlink_us, pci_us, efficiency;
  bool over_pci;
};
constexpr Protocol protocols[] = {
    {6.6, 0.6, 1.0, 0.5, true},     // LL
    {14.0, 1.9, 2.5, 0.92, false},  // LL128
    {8.4, 3.4, 5.7, 1.0, true},     // Simple
};

/// `plan` with the protocol that ends first, were it alone on the machine.
RankPlan with_protocol(const SimulatedMachine& machine, int gpu, RankPlan plan, int steps) {
  double best = std::numeric_limits<double>::infinity();
  const bool all_nvlink = std::ranges::all_of(
      plan.hops, [&](const Hop& each) { return each.direct && machine.linked(gpu, each.to); });
  RankPlan chosen = plan;
  for (const Protocol& protocol : protocols) {
    if (!all_nvlink && !protocol.over_pci) continue;
    double flow_ns = 0;
    for (const Hop& each : plan.hops) {
      const double gbs = machine.topology().collective_gbs(gpu, each.to, each.direct);
      flow_ns = std::max(flow_ns, each.bytes / (gbs * protocol.efficiency));
    }
    const double hop_us = all_nvlink ? protocol.nvlink_us : protocol.pci_us;
    const double latency_ns = 1e3 * (protocol.base_us + steps * hop_us);
    if (latency_ns + flow_ns >= best) continue;
    best = latency_ns + flow_ns;
    chosen.efficiency = protocol.efficiency;
    chosen.latency_ns = latency_ns;
  }
  return chosen;
}

}  // namespace

Hop hop(const SimulatedMachine& machine, int from, int to, double bytes) {
  return {to, bytes, transport_between(machine, from, to) == Transport::p2p};
}

RankPlan plan(const SimulatedMachine& machine, const Clique& clique, Kind kind, int rank, int root,
              double bytes) {
  const int ranks = clique.ranks();
  const int gpu = clique.gpu(rank);
  const double part = ranks > 1 ? (ranks - 1.0) / ranks * bytes : 0;
  RankPlan made;
  const auto send = [&](int to, double amount) {
    if (to != rank && amount > 0) made.hops.push_back(hop(machine, gpu, clique.gpu(to), amount));
  };
  const auto pass_on = [&](double amount, int but_to = -1) {
    for (int to = 0; to < ranks; ++to) {
      if (to != but_to) send(to, clique.part(rank, to) * amount);
    }
  };
  int steps = ranks - 1;
  switch (kind) {
    case Kind::all_reduce:
      pass_on(2 * part);
      steps *= 2;
      break;
    case Kind::all_gather:
    case Kind::reduce_scatter:
      pass_on(part);
      break;
    case Kind::broadcast:  // chains from the root around the rings
      pass_on(bytes, root);
      break;
    case Kind::reduce:  // and those that end there
      if (rank != root) pass_on(bytes);
      break;
    case Kind::all_to_all:
      for (int to = 0; to < ranks; ++to) send(to, bytes / ranks);
      steps = 1;
      break;
  }
  return with_protocol(machine, gpu, std::move(made), steps);
}

RankPlan plan_messages(const SimulatedMachine& machine, int gpu, std::vector<Hop> hops) {
  RankPlan made;
  made.hops = std::move(hops);
  return with_protocol(machine, gpu, std::move(made), 1);
}

void set_route(const SimulatedMachine& machine, int gpu, const RankPlan& plan,
               CollectivePart& part) {
  part.route = machine.topology().collective(gpu, plan.hops, plan.efficiency, part.bytes);
  part.route.latency_ns = plan.latency_ns;
  part.endless = std::ranges::any_of(plan.hops, [&](const Hop& each) {
    return makes_no_progress(machine.file(), {gpu, each.to, Carrier::nccl, !each.direct});
  });
}

}  // namespace gpusim
