// SPDX-License-Identifier: Apache-2.0
// How the bytes of a collective go: a ring or chain over the machine's links.
#pragma once

#include <vector>

#include "sim/nccl/clique.hpp"

namespace gpusim {

enum class Kind { all_reduce, all_gather, reduce_scatter, broadcast, reduce, all_to_all };

/// What one rank sends of a collective of `bytes` (whole data of the largest side), and the fixed
/// time of all its steps.
struct RankPlan {
  std::vector<Hop> hops;
  double efficiency = 1;  ///< of the protocol that is fastest for it
  double latency_ns = 0;
};
RankPlan plan(const SimulatedMachine& machine, const Clique& clique, Kind kind, int rank, int root,
              double bytes);

/// The same of messages: what a rank sends to others at once.
RankPlan plan_messages(const SimulatedMachine& machine, int gpu, std::vector<Hop> hops);

/// A hop from one GPU to another.
Hop hop(const SimulatedMachine& machine, int from, int to, double bytes);

/// Fills the route of `part` with what the plan sends from `gpu`.
void set_route(const SimulatedMachine& machine, int gpu, const RankPlan& plan,
               CollectivePart& part);

}  // namespace gpusim
