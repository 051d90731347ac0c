// SPDX-License-Identifier: Apache-2.0
#include "machine/host_pools.hpp"

#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/list_some.hpp"
#include "base/simulation.hpp"
#include "machine/core_groups.hpp"
#include "machine/host_signals.hpp"

namespace peerbench::machine {

namespace {

struct DestroyTopology {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<hwloc_topology, DestroyTopology>;

/// Kinds of core that a synthetic topology has no words for, from the slowest: "NAME:0-4;...".
Expected<void> add_core_kinds(hwloc_topology_t topology, std::string_view kinds) {
  for (int rank = 0; !kinds.empty(); ++rank) {
    const std::string_view kind = kinds.substr(0, kinds.find(';'));
    kinds.remove_prefix(std::min(kinds.size(), kind.size() + 1));
    const auto colon = kind.find(':');
    const std::string name(kind.substr(0, colon));
    const std::string list(kind.substr(colon + 1));
    hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
    hwloc_info_s info{const_cast<char*>("CoreType"), const_cast<char*>(name.c_str())};
    const bool added = hwloc_bitmap_list_sscanf(cpus, list.c_str()) == 0 &&
                       hwloc_cpukinds_register(topology, cpus, rank, 1, &info, 0) == 0;
    hwloc_bitmap_free(cpus);
    if (!added) {
      return fail(ErrorKind::usage,
                  fmt::format("host.core_kinds: \"{}\" are no processors of host.topology", list));
    }
  }
  return {};
}

/// The topology to look at: this machine's, or the simulated one (then `host` is filled).
Expected<Topology> load(std::optional<peerbench_sim_host>& host) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) {
    return fail(ErrorKind::device, fmt::format("hwloc cannot start: {}", std::strerror(errno)));
  }
  Topology topology(raw);
  if (simulated()) {
    peerbench_sim_host found{};
    if (peerbench_sim_host_topology == nullptr || peerbench_sim_host_topology(&found) != 0) {
      return fail(ErrorKind::internal, "no simulated machine is open, so its host is not known");
    }
    if (hwloc_topology_set_synthetic(raw, found.topology) != 0) {
      return fail(ErrorKind::usage,
                  fmt::format("the machine's host.topology \"{}\" is no hwloc synthetic "
                              "description (lstopo --of synthetic prints one)",
                              found.topology));
    }
    host = found;
  }
  if (hwloc_topology_load(raw) != 0) {
    return fail(ErrorKind::device,
                fmt::format("hwloc cannot read the host's topology: {}", std::strerror(errno)));
  }
  if (host) {
    if (const auto added = add_core_kinds(raw, host->core_kinds); !added) {
      return tl::unexpected(added.error());
    }
  }
  return topology;
}

/// Sum of the last-level caches beside these cores.
Bytes last_level_caches(hwloc_topology_t topology, hwloc_const_cpuset_t cpus) {
  for (const hwloc_obj_type_t type : {HWLOC_OBJ_L5CACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L3CACHE,
                                      HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L1CACHE}) {
    Bytes sum = 0;
    const int count = hwloc_get_nbobjs_inside_cpuset_by_type(topology, cpus, type);
    for (int i = 0; i < count; ++i) {
      sum += hwloc_get_obj_inside_cpuset_by_type(topology, cpus, type, static_cast<unsigned>(i))
                 ->attr->cache.size;
    }
    if (sum > 0) return sum;
  }
  return 0;
}

/// " (10 little, 10 big)"; empty where all cores are alike.
std::string describe_kinds(const Pool& pool) {
  std::string words;
  for (const CoreGroup& group : pool.groups) {
    if (!group.kind) continue;
    words += fmt::format("{}{} {}", words.empty() ? " (" : ", ", group.cores, group.name);
  }
  return words.empty() ? words : words + ")";
}

}  // namespace

Expected<std::vector<Pool>> host_pools() {
  std::optional<peerbench_sim_host> host;
  const auto topology = load(host);
  if (!topology) return tl::unexpected(topology.error());
  const hwloc_topology_t raw = topology->get();

  std::vector<Pool> pools;
  std::vector<Bytes> page_cache;  // of each
  const int nodes = hwloc_get_nbobjs_by_type(raw, HWLOC_OBJ_NUMANODE);
  for (int i = 0; i < nodes; ++i) {
    const hwloc_obj_t node =
        hwloc_get_obj_by_type(raw, HWLOC_OBJ_NUMANODE, static_cast<unsigned>(i));
    Pool pool;
    pool.total_bytes = node->attr->numanode.local_memory;
    pool.cpus = one_cpu_a_core(raw, node->cpuset);
    pool.cores = count_cpus(pool.cpus);
    // The memory of a GPU on a coherent superchip is a node too, without cores: no host pool.
    if (pool.total_bytes == 0 || pool.cores == 0) continue;
    pool.id = fmt::format("host{}", node->os_index);
    pool.numa_node = static_cast<int>(node->os_index);
    const HostMemory memory = host ? HostMemory{} : node_memory(node->os_index);
    pool.available_bytes = memory.available;
    page_cache.push_back(memory.page_cache);
    pool.largest_cache_bytes = last_level_caches(raw, node->cpuset);
    pool.groups = core_groups(raw, node->cpuset);
    pools.push_back(pool);
  }
  if (pools.empty()) {
    return fail(ErrorKind::device, "hwloc finds no NUMA node with memory and cores");
  }
  const HostMemory whole =
      host ? HostMemory{host->total_bytes, host->available_bytes, 0} : host_memory();
  if (pools.size() == 1 && whole.total > 0) {
    // The kernel's own account: node figures miss memory that was plugged in later.
    pools[0].total_bytes = whole.total;
    pools[0].available_bytes = whole.available;
    page_cache[0] = whole.page_cache;
  } else if (host) {
    for (Pool& pool : pools) pool.available_bytes = host->available_bytes / pools.size();
  }
  const std::optional<Bytes> room = host ? std::nullopt : cgroup_room();
  for (std::size_t i = 0; i < pools.size(); ++i) {
    Pool& pool = pools[i];
    pool.cgroup_limit_bytes = room;
    if (room) pool.available_bytes = std::min(pool.available_bytes, *room);
    pool.description = fmt::format("host memory, NUMA node {}, {}", pool.numa_node,
                                   with_count(pool.cores, "core")) +
                       describe_kinds(pool);
    if (pool.largest_cache_bytes > 0) {
      pool.description +=
          fmt::format(", {} of last-level cache", format_bytes(pool.largest_cache_bytes));
    }
    if (page_cache[i] > 0) {
      pool.description += fmt::format(", {} in page cache", format_bytes(page_cache[i]));
    }
  }
  return pools;
}

}  // namespace peerbench::machine
