// SPDX-License-Identifier: Apache-2.0
// The rings that ranks stand in. Over switches and PCIe one is as good as several, since a GPU's
// own way bounds them all; over NVLinks from GPU to GPU each ring takes links that others leave
// free, so there are as many as it takes to fill them.
#include <algorithm>
#include <string_view>
#include <utility>

#include "sim/nccl/clique.hpp"

namespace gpusim {
namespace {

using Ring = std::vector<int>;
using Matrix = std::vector<std::vector<double>>;

/// GB/s over NVLinks that lead straight from one rank's GPU to the other's; 0: none does.
Matrix straight_links(const SimulatedMachine& machine, const Clique& clique) {
  const auto ranks = static_cast<std::size_t>(clique.ranks());
  Matrix gbs(ranks, std::vector<double>(ranks, 0));
  const auto& bundles = machine.file().links;
  if (std::ranges::any_of(bundles, [](const LinkBundle& each) { return each.to_switch(); })) {
    return gbs;
  }
  for (std::size_t a = 0; a < ranks; ++a) {
    for (std::size_t b = 0; b < ranks; ++b) {
      const int from = clique.gpus[a], to = clique.gpus[b];
      if (from == to || !machine.linked(from, to)) continue;
      if (transport_between(machine, from, to) != Transport::p2p) continue;
      gbs[a][b] = machine.topology().collective_gbs(from, to, true);
    }
  }
  return gbs;
}

/// All ways around all ranks over these links, each from rank 0 on.
void find_rings(const Matrix& gbs, Ring& begun, std::vector<Ring>& found) {
  constexpr std::size_t enough = 5040;  // all of eight GPUs that are linked each with each
  if (found.size() >= enough) return;
  const auto last = static_cast<std::size_t>(begun.back());
  if (begun.size() == gbs.size()) {
    if (gbs[last][0] > 0) found.push_back(begun);
    return;
  }
  for (std::size_t next = 1; next < gbs.size(); ++next) {
    if (gbs[last][next] <= 0 || std::ranges::count(begun, static_cast<int>(next)) > 0) continue;
    begun.push_back(static_cast<int>(next));
    find_rings(gbs, begun, found);
    begun.pop_back();
  }
}

/// Calls `each(from, to)` for all hops around the ring.
template <typename Each>
void around(const Ring& ring, const Each& each) {
  for (std::size_t i = 0; i < ring.size(); ++i) {
    each(static_cast<std::size_t>(ring[i]), static_cast<std::size_t>(ring[(i + 1) % ring.size()]));
  }
}

/// What of a message goes from rank to rank, so that all rings together are as fast as the links
/// allow. Rings get their parts in rounds: each time the one whose links are least used, by lengths
/// that grow with use (Garg and Koenemann, FOCS 1998, doi 10.1109/SFCS.1998.743463).
Matrix spread(const Matrix& gbs, const std::vector<Ring>& rings) {
  constexpr int rounds = 400;
  constexpr double growth = 0.05;
  const std::size_t ranks = gbs.size();
  Matrix length(ranks, std::vector<double>(ranks, 0)), load = length;
  for (std::size_t a = 0; a < ranks; ++a) {
    for (std::size_t b = 0; b < ranks; ++b) {
      if (gbs[a][b] > 0) length[a][b] = 1 / gbs[a][b];
    }
  }
  double all = 0;
  const auto length_of = [&](const Ring& ring) {
    double sum = 0;
    around(ring, [&](std::size_t from, std::size_t to) { sum += length[from][to]; });
    return sum;
  };
  for (int round = 0; round < rounds; ++round) {
    const auto shortest = std::ranges::min_element(rings, {}, length_of);
    double narrowest = gbs[static_cast<std::size_t>(shortest->back())][0];
    around(*shortest, [&](std::size_t from, std::size_t to) {
      narrowest = std::min(narrowest, gbs[from][to]);
    });
    all += narrowest;
    around(*shortest, [&](std::size_t from, std::size_t to) {
      load[from][to] += narrowest;
      length[from][to] *= 1 + growth * narrowest / gbs[from][to];
    });
  }
  for (auto& row : load) {
    for (double& each : row) each /= all;
  }
  return load;
}

/// From each rank to the one it reaches fastest of those left, the lowest of several.
Ring nearest_neighbours(const SimulatedMachine& machine, const Clique& clique) {
  const auto gbs = [&](int from, int to) {
    const int a = clique.gpu(from), b = clique.gpu(to);
    const bool direct = transport_between(machine, a, b) == Transport::p2p;
    return machine.topology().collective_gbs(a, b, direct);
  };
  std::vector<int> left;
  for (int rank = 1; rank < clique.ranks(); ++rank) left.push_back(rank);
  Ring ring = {0};
  while (!left.empty()) {
    const int last = ring.back();
    const auto best =
        std::ranges::max_element(left, [&](int a, int b) { return gbs(last, a) < gbs(last, b); });
    ring.push_back(*best);
    left.erase(best);
  }
  return ring;
}

}  // namespace

void arrange_rings(const SimulatedMachine& machine, Clique& clique) {
  const auto ranks = static_cast<std::size_t>(clique.ranks());
  constexpr std::size_t few = 8;  // beyond them there are too many ways around
  std::vector<Ring> rings;
  Matrix gbs;
  if (ranks > 1 && ranks <= few) {
    gbs = straight_links(machine, clique);
    Ring begun = {0};
    find_rings(gbs, begun, rings);
  }
  if (rings.empty()) {
    clique.ring = nearest_neighbours(machine, clique);
    clique.share.assign(ranks, std::vector<double>(ranks, 0));
    around(clique.ring, [&](std::size_t from, std::size_t to) { clique.share[from][to] = 1; });
  } else {
    clique.ring = rings.front();
    clique.share = spread(gbs, rings);
  }
  clique.position.resize(ranks);
  for (std::size_t i = 0; i < ranks; ++i) {
    clique.position[static_cast<std::size_t>(clique.ring[i])] = static_cast<int>(i);
  }
}

}  // namespace gpusim
