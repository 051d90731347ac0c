// SPDX-License-Identifier: Apache-2.0
#include "machine/core_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

namespace peerbench::machine {

namespace {

struct FreeBitmap {
  void operator()(hwloc_bitmap_t bitmap) const { hwloc_bitmap_free(bitmap); }
};
using Bitmap = std::unique_ptr<hwloc_bitmap_s, FreeBitmap>;

std::string list_of(hwloc_const_bitmap_t bitmap) {
  std::array<char, 4096> text{};
  hwloc_bitmap_list_snprintf(text.data(), text.size(), bitmap);
  return text.data();
}

/// "little" and "big"; what lies between them is "middle", or "middle1", "middle2".
std::string kind_name(int rank, int kinds) {
  if (rank == 0) return "little";
  if (rank == kinds - 1) return "big";
  return kinds == 3 ? "middle" : fmt::format("middle{}", rank);
}

std::string model_of(unsigned infos, const hwloc_info_s* info) {
  for (unsigned i = 0; i < infos; ++i) {
    if (std::string_view(info[i].name) == "CoreType") return info[i].value;
  }
  return "";
}

struct Kind {
  int efficiency = -1;
  Bitmap cpus;
  std::string model;
};

/// The kinds with a core in `cpus`, in hwloc's order; none where hwloc cannot rank them.
std::vector<Kind> ranked_kinds(hwloc_topology_t topology, hwloc_const_cpuset_t cpus) {
  std::vector<Kind> kinds;
  const int found = hwloc_cpukinds_get_nr(topology, 0);
  for (int i = 0; i < found; ++i) {
    Kind kind{.efficiency = -1, .cpus = Bitmap(hwloc_bitmap_alloc()), .model = ""};
    unsigned infos = 0;
    hwloc_info_s* info = nullptr;
    if (hwloc_cpukinds_get_info(topology, static_cast<unsigned>(i), kind.cpus.get(),
                                &kind.efficiency, &infos, &info, 0) != 0 ||
        kind.efficiency < 0) {
      return {};
    }
    kind.model = model_of(infos, info);
    hwloc_bitmap_and(kind.cpus.get(), kind.cpus.get(), cpus);
    if (hwloc_bitmap_iszero(kind.cpus.get()) == 0) kinds.push_back(std::move(kind));
  }
  std::ranges::sort(kinds, {}, &Kind::efficiency);
  return kinds;
}

void add_kinds(hwloc_topology_t topology, hwloc_const_cpuset_t cpus,
               std::vector<CoreGroup>& groups) {
  const std::vector<Kind> kinds = ranked_kinds(topology, cpus);
  if (kinds.size() < 2) return;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CoreGroup group;
    group.name = kind_name(static_cast<int>(i), static_cast<int>(kinds.size()));
    group.kind = true;
    group.cpus = one_cpu_a_core(topology, kinds[i].cpus.get());
    group.cores = count_cpus(group.cpus);
    group.description = kinds[i].model;
    groups.push_back(std::move(group));
  }
}

void add_clusters(hwloc_topology_t topology, hwloc_const_cpuset_t cpus,
                  std::vector<CoreGroup>& groups) {
  const int all = count_cpus(one_cpu_a_core(topology, cpus));
  for (const hwloc_obj_type_t type : {HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L2CACHE}) {
    const int found = hwloc_get_nbobjs_inside_cpuset_by_type(topology, cpus, type);
    std::vector<std::pair<int, Bytes>> seen;  // cores and cache of those that are in already
    for (int i = 0; i < found; ++i) {
      const hwloc_obj_t cache =
          hwloc_get_obj_inside_cpuset_by_type(topology, cpus, type, static_cast<unsigned>(i));
      CoreGroup group;
      group.name = fmt::format("cluster{}", i);
      group.cpus = one_cpu_a_core(topology, cache->cpuset);
      group.cores = count_cpus(group.cpus);
      group.description =
          fmt::format("behind one cache of {}", format_bytes(cache->attr->cache.size));
      const std::pair<int, Bytes> shape{group.cores, cache->attr->cache.size};
      if (group.cores < 2 || group.cores == all || std::ranges::count(seen, shape) > 0) continue;
      seen.push_back(shape);
      groups.push_back(std::move(group));
    }
    if (found > 0) return;  // only the last level
  }
}

}  // namespace

std::string one_cpu_a_core(hwloc_topology_t topology, hwloc_const_cpuset_t cpus) {
  const bool cores = hwloc_get_nbobjs_inside_cpuset_by_type(topology, cpus, HWLOC_OBJ_CORE) > 0;
  const hwloc_obj_type_t type = cores ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
  const Bitmap first(hwloc_bitmap_alloc());
  hwloc_obj_t core = nullptr;
  while ((core = hwloc_get_next_obj_inside_cpuset_by_type(topology, cpus, type, core)) != nullptr) {
    const hwloc_obj_t pu =
        hwloc_get_obj_inside_cpuset_by_type(topology, core->cpuset, HWLOC_OBJ_PU, 0);
    if (pu != nullptr) hwloc_bitmap_set(first.get(), pu->os_index);
  }
  return list_of(first.get());
}

int count_cpus(const std::string& list) {
  const Bitmap cpus(hwloc_bitmap_alloc());
  if (hwloc_bitmap_list_sscanf(cpus.get(), list.c_str()) != 0) return 0;
  return std::max(0, hwloc_bitmap_weight(cpus.get()));
}

std::string first_cpus(const std::string& list, int count) {
  const Bitmap cpus(hwloc_bitmap_alloc());
  if (hwloc_bitmap_list_sscanf(cpus.get(), list.c_str()) != 0) return {};
  const Bitmap first(hwloc_bitmap_alloc());
  int at = -1;
  for (int i = 0; i < count; ++i) {
    at = hwloc_bitmap_next(cpus.get(), at);
    if (at < 0) break;
    hwloc_bitmap_set(first.get(), static_cast<unsigned>(at));
  }
  return list_of(first.get());
}

std::vector<CoreGroup> core_groups(hwloc_topology_t topology, hwloc_const_cpuset_t cpus) {
  std::vector<CoreGroup> groups;
  add_kinds(topology, cpus, groups);
  add_clusters(topology, cpus, groups);
  return groups;
}

}  // namespace peerbench::machine
