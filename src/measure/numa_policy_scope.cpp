// SPDX-License-Identifier: Apache-2.0
#include "measure/numa_policy_scope.hpp"

#include <fmt/format.h>
#include <hwloc.h>

#include <cerrno>
#include <cstring>

#include "base/simulation.hpp"

namespace peerbench::measure {

namespace {

constexpr int of_thread = HWLOC_MEMBIND_THREAD | HWLOC_MEMBIND_BYNODESET;

/// This machine's nodes, read once: on large servers that takes a tenth of a second. Null where
/// hwloc cannot read them.
hwloc_topology_t nodes() {
  static const hwloc_topology_t loaded = [] {
    hwloc_topology_t topology = nullptr;
    if (hwloc_topology_init(&topology) != 0) return hwloc_topology_t{};
    if (hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
        hwloc_topology_load(topology) == 0) {
      return topology;
    }
    hwloc_topology_destroy(topology);
    return hwloc_topology_t{};
  }();
  return loaded;
}

}  // namespace

struct NumaPolicyScope::State {
  hwloc_topology_t topology = nodes();
  hwloc_nodeset_t former = hwloc_bitmap_alloc();
  hwloc_membind_policy_t former_policy = HWLOC_MEMBIND_DEFAULT;
  bool changed = false;

  ~State() {
    if (changed) hwloc_set_membind(topology, former, former_policy, of_thread);
    hwloc_bitmap_free(former);
  }
};

NumaPolicyScope::NumaPolicyScope(int numa_node, const char* whose)
    : node_(numa_node), whose_(whose) {
  if (numa_node < 0) return;
  if (simulated()) {  // its nodes are not those of this machine
    if (peerbench_sim_host_node != nullptr) former_simulated_ = peerbench_sim_host_node(numa_node);
    return;
  }
  state_ = std::make_unique<State>();
  const hwloc_topology_t topology = state_->topology;
  if (topology == nullptr) {
    refused_ = "hwloc could not read this machine's topology";
    return;
  }
  const hwloc_obj_t node =
      hwloc_get_numanode_obj_by_os_index(topology, static_cast<unsigned>(numa_node));
  if (node == nullptr) {
    refused_ = "there is no such node that this process may use";
    return;
  }
  if (hwloc_get_membind(topology, state_->former, &state_->former_policy, of_thread) != 0) {
    refused_ = std::strerror(errno);
    return;
  }
  // Not strict: a node that is full costs the place, not the allocation.
  state_->changed = hwloc_set_membind(topology, node->nodeset, HWLOC_MEMBIND_BIND, of_thread) == 0;
  if (!state_->changed) refused_ = std::strerror(errno);
}

NumaPolicyScope::~NumaPolicyScope() {
  if (node_ >= 0 && simulated() && peerbench_sim_host_node != nullptr) {
    peerbench_sim_host_node(former_simulated_);
  }
}

std::string NumaPolicyScope::where(const void* memory, Bytes bytes) const {
  if (node_ < 0) return {};
  if (simulated()) {
    return fmt::format("host memory on NUMA node {}, {}, of the simulated machine", node_, whose_);
  }
  if (!refused_.empty()) {
    return fmt::format("host memory not placed on NUMA node {}, {}: {}", node_, whose_, refused_);
  }
  hwloc_nodeset_t lies = hwloc_bitmap_alloc();
  const bool known = hwloc_get_area_memlocation(state_->topology, memory, bytes, lies,
                                                HWLOC_MEMBIND_BYNODESET) == 0 &&
                     !hwloc_bitmap_iszero(lies);
  const bool there = known && hwloc_bitmap_weight(lies) == 1 &&
                     hwloc_bitmap_isset(lies, static_cast<unsigned>(node_)) != 0;
  hwloc_bitmap_free(lies);
  if (there) return fmt::format("host memory on NUMA node {}, {}", node_, whose_);
  return fmt::format(
      "host memory asked for on NUMA node {}, {}; {}", node_, whose_,
      known ? "some of it lies on other nodes" : "the system does not say where it lies");
}

}  // namespace peerbench::measure
