// SPDX-License-Identifier: Apache-2.0
// What kernels take of the machine: single loads and stores, and all that one kernel moves.
#include <algorithm>
#include <limits>
#include <map>

#include "sim/core/topology.hpp"

namespace gpusim {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

// What no machine file says, in nanoseconds: choices of ours, of the size that micro-benchmarks of
// GPUs since Volta find. One way across PCIe with what is between two GPUs, and across NVLink.
constexpr double assumed_load_ns = 600;
/// One page fault of managed memory, its handling by the driver and the pages' way: the order of
/// what studies of the driver find, 20 to 50 us.
constexpr double assumed_fault_ns = 25e3;
constexpr double pcie_crossing_ns = 450;
constexpr double nvlink_crossing_ns = 250;

double value_or(const std::optional<Figure>& figure, double otherwise) {
  return figure ? figure->value : otherwise;
}

}  // namespace

double Topology::load_latency_ns(int gpu, const KernelTraffic& part) const {
  using Where = KernelTraffic::Where;
  const auto own_ns = [&](int owner) {
    return value_or(described(owner).load_latency_ns, assumed_load_ns);
  };
  if (part.where == Where::own || (part.where == Where::host && shares_host_memory(gpu))) {
    return own_ns(gpu);
  }
  if (part.where == Where::managed) {
    const auto& fault = described(gpu).page_fault_us;
    return fault ? fault->value * 1e3 : assumed_fault_ns;
  }
  if (part.where == Where::host) {
    return value_or(described(gpu).host_load_latency_ns, assumed_load_ns + 2 * pcie_crossing_ns);
  }
  const double over_nvlink = own_ns(part.peer) + 2 * nvlink_crossing_ns;
  if (const LinkBundle* link = direct_bundle(part.peer, gpu)) {
    return value_or(link->load_latency_ns, over_nvlink);
  }
  if (linked_gbs(part.peer, gpu) > 0) {
    return value_or(switch_bundle(gpu)->load_latency_ns, over_nvlink);
  }
  return value_or(described(gpu).peer_load_latency_ns, own_ns(part.peer) + 2 * pcie_crossing_ns);
}

double Topology::store_latency_ns(int from, int to) const {
  const double seen_ns = value_or(described(to).load_latency_ns, assumed_load_ns);
  if (const LinkBundle* link = direct_bundle(from, to)) {
    return value_or(link->store_latency_ns, nvlink_crossing_ns + seen_ns);
  }
  if (linked_gbs(from, to) > 0) {
    return value_or(switch_bundle(from)->store_latency_ns, nvlink_crossing_ns + seen_ns);
  }
  return value_or(described(from).peer_store_latency_ns, pcie_crossing_ns + seen_ns);
}

// The capacity of a memory is its copy traffic; a kernel that only reads, or only writes, may reach
// another rate, so a byte of it takes more or less than one byte of that capacity.
double Topology::scale_for(int gpu, bool reads, bool writes) const {
  const double copy = described(gpu).local_copy_gbs.value;
  if (reads && !writes) return copy / value_or(described(gpu).read_gbs, copy);
  if (writes && !reads) return copy / value_or(described(gpu).write_gbs, copy);
  return 1;
}

bool Topology::own(int gpu, const KernelTraffic& part) const {
  using Where = KernelTraffic::Where;
  return part.where == Where::own || (part.where != Where::peer && shares_host_memory(gpu));
}

// Whether all that a kernel touches is memory of its GPU, and stays in the cache from one launch to
// the next.
bool Topology::fits_l2(int gpu, const std::vector<KernelTraffic>& traffic) const {
  if (of(gpu).l2 < 0) return false;
  double bytes = 0;
  for (const KernelTraffic& part : traffic) {
    if (!own(gpu, part)) return false;
    bytes += part.bytes;
  }
  return bytes <= static_cast<double>(described(gpu).l2_bytes);
}

Route Topology::kernel(int gpu, const std::vector<KernelTraffic>& traffic, double& bytes) const {
  using Where = KernelTraffic::Where;
  Route route{.path = traffic.empty() ? "" : "local",
              .uses = {},
              .cap = unlimited,
              .share = 1,
              .latency_ns = described(gpu).kernel_latency_us.value * 1e3,
              .engines = {}};
  bytes = 0;
  const auto round_trip_ns = [&](int one, const KernelTraffic& part) {
    return store_latency_ns(one, part.peer) + store_latency_ns(part.peer, one);
  };
  bool reads = false, writes = false;
  const auto bytes_of = [](const KernelTraffic& part) {
    return part.bytes * std::max(1.0, part.dependent);
  };
  for (const KernelTraffic& part : traffic) {
    bytes = std::max(bytes, bytes_of(part));
    if (part.dependent > 0) {
      route.dependent_ns +=
          part.dependent * (part.writes ? round_trip_ns(gpu, part) : load_latency_ns(gpu, part));
    }
    if (own(gpu, part)) (part.writes ? writes : reads) = true;
  }
  if (bytes <= 0) return route;
  const bool cached = fits_l2(gpu, traffic);
  std::map<int, double> of_node;  // bytes of the host's memory
  std::map<int, double> taken;
  const auto take = [&](const std::vector<Use>& uses, double amount) {
    for (const Use& use : uses) taken[use.resource] += amount;
  };
  for (const KernelTraffic& part : traffic) {
    const double moved = bytes_of(part);
    if (own(gpu, part) && cached) {
      taken[of(gpu).l2] += moved;
    } else if (own(gpu, part)) {
      taken[of(gpu).memory] += moved * scale_for(gpu, reads, writes);
      if (shares_host_memory(gpu)) of_node[near_node(gpu, -1)] += moved;
    } else if (part.where == Where::peer) {
      route.path = "peer";
      take(part.writes ? wire(gpu, part.peer) : wire(part.peer, gpu), moved);
      taken[of(part.peer).memory] += moved;
    } else {
      route.path = "host";
      const int node = near_node(gpu, part.node), near = near_node(gpu, -1);
      of_node[node] += moved;
      const bool out = part.where == Where::host && part.writes;
      const auto between = between_.find(out ? std::pair(near, node) : std::pair(node, near));
      if (between != between_.end()) taken[between->second] += moved;
      take(out ? to_host(gpu) : from_host(gpu), moved);
      if (const auto& rate = described(gpu).managed_migration_gbs;
          part.where == Where::managed && rate) {
        route.cap = std::min(route.cap, rate->value * bytes / moved);
      }
      const int kernels = out ? of(gpu).kernel_out : of(gpu).kernel_in;
      if (part.where == Where::host && kernels >= 0) taken[kernels] += moved;
    }
  }
  for (const auto& [resource, amount] : taken) route.uses.push_back({resource, amount / bytes});
  for (const auto& [node, amount] : of_node) add_host_memory(route, amount / bytes, node);
  return route;
}

}  // namespace gpusim
