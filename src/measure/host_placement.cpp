// SPDX-License-Identifier: Apache-2.0
#include "measure/host_placement.hpp"

#include <fmt/format.h>
#include <hwloc.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace peerbench::measure {

struct HostPlacement::State {
  hwloc_topology_t topology = nullptr;
  hwloc_obj_t node = nullptr;    // null: the whole machine
  std::vector<hwloc_obj_t> pus;  // one for each core
  Bytes cache_bytes = 0;

  ~State() {
    if (topology != nullptr) hwloc_topology_destroy(topology);
  }
};

namespace {

hwloc_obj_t find_node(hwloc_topology_t topology, int numa_node) {
  hwloc_obj_t node = nullptr;
  while ((node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != nullptr) {
    if (node->os_index == static_cast<unsigned>(numa_node)) break;
  }
  return node;
}

// Systems without cores in their description have at least hardware threads.
std::vector<hwloc_obj_t> first_pu_of_each_core(hwloc_topology_t topology, hwloc_cpuset_t cpus) {
  const int cores = hwloc_get_nbobjs_inside_cpuset_by_type(topology, cpus, HWLOC_OBJ_CORE);
  const hwloc_obj_type_t type = cores > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
  std::vector<hwloc_obj_t> pus;
  hwloc_obj_t core = nullptr;
  while ((core = hwloc_get_next_obj_inside_cpuset_by_type(topology, cpus, type, core)) != nullptr) {
    hwloc_obj_t pu = hwloc_get_obj_inside_cpuset_by_type(topology, core->cpuset, HWLOC_OBJ_PU, 0);
    if (pu != nullptr) pus.push_back(pu);
  }
  return pus;
}

Bytes last_level_cache_bytes(hwloc_topology_t topology, hwloc_cpuset_t cpus) {
  for (const hwloc_obj_type_t type :
       {HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L1CACHE}) {
    Bytes bytes = 0;
    hwloc_obj_t cache = nullptr;
    while ((cache = hwloc_get_next_obj_covering_cpuset_by_type(topology, cpus, type, cache)) !=
           nullptr) {
      bytes += cache->attr->cache.size;
    }
    if (bytes != 0) return bytes;
  }
  return 0;
}

}  // namespace

HostPlacement::HostPlacement(std::unique_ptr<State> state) : state_(std::move(state)) {}
HostPlacement::HostPlacement(HostPlacement&&) noexcept = default;
HostPlacement::~HostPlacement() = default;

Expected<std::unique_ptr<HostPlacement::State>> HostPlacement::load(int memory_node) {
  auto state = std::make_unique<State>();
  // Only what a surrounding taskset or container leaves to this process.
  constexpr unsigned long flags =
      HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM | HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING;
  if (hwloc_topology_init(&state->topology) != 0 ||
      hwloc_topology_set_flags(state->topology, flags) != 0 ||
      hwloc_topology_load(state->topology) != 0) {
    return fail(ErrorKind::device, "hwloc could not read this machine's topology");
  }
  if (memory_node >= 0) {
    state->node = find_node(state->topology, memory_node);
    if (state->node == nullptr) {
      return fail(ErrorKind::unsupported,
                  fmt::format("there is no NUMA node {} that this process may use", memory_node));
    }
  }
  return state;
}

Expected<HostPlacement> HostPlacement::of_node(int numa_node) {
  auto loaded = load(numa_node);
  if (!loaded) return tl::unexpected(loaded.error());
  State& state = **loaded;
  hwloc_cpuset_t cpus =
      state.node != nullptr ? state.node->cpuset : hwloc_get_root_obj(state.topology)->cpuset;
  state.pus = first_pu_of_each_core(state.topology, cpus);
  if (state.pus.empty()) {
    return fail(ErrorKind::unsupported,
                fmt::format("NUMA node {} has no core that this process may use", numa_node));
  }
  state.cache_bytes = last_level_cache_bytes(state.topology, cpus);
  return HostPlacement(std::move(*loaded));
}

Expected<HostPlacement> HostPlacement::of_cpus(const std::string& cpus, int memory_node) {
  auto loaded = load(memory_node);
  if (!loaded) return tl::unexpected(loaded.error());
  State& state = **loaded;
  hwloc_bitmap_t wanted = hwloc_bitmap_alloc();
  unsigned missing = 0;
  bool all = hwloc_bitmap_list_sscanf(wanted, cpus.c_str()) == 0;
  for (int cpu = hwloc_bitmap_first(wanted); all && cpu >= 0;
       cpu = hwloc_bitmap_next(wanted, cpu)) {
    const hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(state.topology, static_cast<unsigned>(cpu));
    all = pu != nullptr;
    if (all) state.pus.push_back(pu);
    missing = static_cast<unsigned>(cpu);
  }
  state.cache_bytes = last_level_cache_bytes(state.topology, wanted);
  hwloc_bitmap_free(wanted);
  if (!all || state.pus.empty()) {
    return fail(
        ErrorKind::unsupported,
        fmt::format("processor {} of \"{}\" is none that this process may use", missing, cpus));
  }
  return HostPlacement(std::move(*loaded));
}

int HostPlacement::cores() const { return static_cast<int>(state_->pus.size()); }
Bytes HostPlacement::cache_bytes() const { return state_->cache_bytes; }

std::string HostPlacement::pin(int index) const {
  const hwloc_obj_t pu = state_->pus[static_cast<std::size_t>(index) % state_->pus.size()];
  if (hwloc_set_cpubind(state_->topology, pu->cpuset, HWLOC_CPUBIND_THREAD) == 0) return {};
  return std::strerror(errno);
}

std::string HostPlacement::bind(void* memory, Bytes bytes) const {
  if (state_->node == nullptr) return "no node was asked for";
  if (hwloc_set_area_membind(state_->topology, memory, bytes, state_->node->nodeset,
                             HWLOC_MEMBIND_BIND, HWLOC_MEMBIND_BYNODESET) == 0) {
    return {};
  }
  return std::strerror(errno);
}

}  // namespace peerbench::measure
