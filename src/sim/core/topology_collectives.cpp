// SPDX-License-Identifier: Apache-2.0
// What the ranks of a collective occupy, and the rates their kernels reach.
#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "sim/core/topology.hpp"

namespace gpusim {
namespace {

/// One-way GB/s of an NVLink line that kernels of the collective library reach, by compute
/// capability: NCCL's src/graph/topo.h, SM60_NVLINK_BW to SM100_NVLINK_BW.
double useful_gbs_per_line(const GpuDescription& gpu) {
  const int capability = 10 * gpu.compute_major + gpu.compute_minor;
  if (capability >= 100) return 40.1;
  if (capability >= 90) return 20.6;
  if (capability == 86) return 12.0;
  if (capability >= 70) return 20.0;
  return 18.0;
}

/// Of those constants what large messages reach. Inferred: 234.89 of 240 GB/s (8x A100 SXM), 47.45
/// of 48 (A40 pair), 367.61 of 370.8 (8x H200, ring), all nccl-tests.
constexpr double nvlink_share = 0.985;

/// The same of the rate of a copy between GPUs over PCIe. Inferred: 48 GB/s busbw beside
/// copies of 53 (eight RTX PRO 6000, b12x docs/evidence).
constexpr double pcie_share = 0.9;

/// The same of the rate at which the driver stages copies through host memory. Inferred: 5.2 GB/s
/// busbw on four A100 with P2P off, where the driver stages 27.84 in sum.
constexpr double shared_memory_share = 0.75;

}  // namespace

double Topology::collective_gbs(int from, int to, bool direct) const {
  if (!direct) {
    const double one_way = machine_.host.staging
                               ? machine_.host.staging->one_way_gbs.value
                               : std::min(capacities_[static_cast<std::size_t>(of(from).to_host)],
                                          capacities_[static_cast<std::size_t>(of(to).from_host)]);
    return shared_memory_share * one_way;
  }
  const LinkBundle* bundle = direct_bundle(from, to);
  if (bundle == nullptr && switch_bundle(to) != nullptr) bundle = switch_bundle(from);
  if (bundle != nullptr) {
    return nvlink_share * bundle->up * useful_gbs_per_line(described(from));
  }
  double slowest = std::numeric_limits<double>::infinity();
  for (const Use& use : wire(from, to)) {
    slowest = std::min(slowest, capacities_[static_cast<std::size_t>(use.resource)]);
  }
  return pcie_share * slowest;
}

// One flow for all it sends, so that its hops share what they have in common; a hop over the
// switches counts against the GPU's own way there, however many GPUs lie behind.
Route Topology::collective(int gpu, std::span<const Hop> hops, double efficiency,
                           double& bytes) const {
  Route route{.path = "",
              .uses = {},
              .cap = std::numeric_limits<double>::infinity(),
              .latency_ns = 0,
              .engines = {}};
  bytes = 0;
  std::map<int, double> taken;
  std::map<int, std::pair<double, double>> ways;  // by first resource: bytes, GB/s
  for (const Hop& hop : hops) {
    bytes += hop.bytes;
    std::vector<Use> uses = hop.direct ? wire(gpu, hop.to) : to_host(gpu);
    auto& [sent, gbs] = ways[uses.front().resource];
    sent += hop.bytes;
    gbs = efficiency * collective_gbs(gpu, hop.to, hop.direct);
    if (!hop.direct) {
      const std::vector<Use> second = from_host(hop.to);
      uses.insert(uses.end(), second.begin(), second.end());
      if (staging_ >= 0) uses.push_back({staging_, 1 / (shared_memory_share * efficiency)});
    }
    route.path = hop.direct && route.path != "shared" ? "peer" : "shared";
    for (const Use& use : uses) taken[use.resource] += use.weight * hop.bytes;
    taken[of(gpu).memory] += hop.bytes;
    taken[of(hop.to).memory] += hop.bytes;
  }
  if (bytes <= 0) return route;
  for (const auto& [resource, way] : ways) {
    route.cap = std::min(route.cap, way.second * bytes / way.first);
  }
  if (const auto& most = described(gpu).collective_gbs) {
    route.cap = std::min(route.cap, efficiency * most->value);
  }
  for (const auto& [resource, amount] : taken) route.uses.push_back({resource, amount / bytes});
  return route;
}

}  // namespace gpusim
