// SPDX-License-Identifier: Apache-2.0
// Family "pool", the CPU side: loops of CPU threads over a host pool.
//   pool/cpu/OP/hostA/threads:T/bytes:N                 a thread on each core
//   pool/cpu/OP/hostA/cores:SOME/threads:T/bytes:N      on some cores only
// OP is read, write, copy or triad. SOME is one; or, where hwloc shows several kinds of core,
// one-little, one-big, little, big; or, where the pool has several last-level caches, the cores
// behind one of them, cluster0 (and others that differ from it in cores or cache).
//   pool/cpu/OP/hostA/by:hostB/threads:T/bytes:N        by the cores of another NUMA node
//   pool/cpu/OP/hosts/threads:T/bytes:N                 by all nodes, each on its own memory
//   pool/cpu/OP/hostA/MEMORY/threads:T/bytes:N          on pinned or managed memory
// Counted: traffic, that is bytes read plus bytes written.
//
// Family "latency", the CPU's: dependent loads by one thread, far past the caches, in ns.
//   latency/cpu/chase/hostA/bytes:N                     by the pool's first core, a big one
//   latency/cpu/chase/hostA/{pinned,managed}/bytes:N    the same in memory that the driver gave
//   latency/cpu/chase/hostA/cores:one-KIND/bytes:N      by one of each kind
//   latency/cpu/chase/hostA/by:hostB/bytes:N            by a core of another NUMA node
#include "measure/host_pool.hpp"

#include "measure/host_chase.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>

#include "bench/spec.hpp"
#include "machine/core_groups.hpp"

namespace peerbench::bench {

namespace {

using measure::HostOp;

constexpr const char* all_nodes_id = "hosts";
constexpr HostOp all_ops[] = {HostOp::read, HostOp::write, HostOp::copy, HostOp::triad};
/// What is asked most of a part of the cores: how much a core can fetch, and STREAM's figure.
constexpr HostOp few_ops[] = {HostOp::read, HostOp::triad};
constexpr HostOp reads[] = {HostOp::read};

/// Who works on a pool: some of its cores, or those of another.
struct Workers {
  std::string cores;  ///< as in the name; "": all
  std::string cpus;   ///< empty: all cores of the pool
  int threads = 1;
  std::string node = "";  ///< of another pool; empty: the pool's own

  std::optional<result::Place> place() const {
    return node.empty() ? std::nullopt : std::optional(host_place(node));
  }
};

Spec spec_of(HostOp op, const machine::Pool& pool, const Workers& workers) {
  const Bytes bytes = measure::host_shape(op, pool).bytes_per_array;
  Spec spec;
  spec.work = measure::HostPoolRequest{
      .op = op, .pool = pool, .cpus = workers.cpus, .threads = workers.threads};
  result::Cell& cell = spec.cell;
  spec.set_key({.family = result::Family::pool,
                .engine = result::Engine::cpu,
                .op = key_of(op),
                .source = host_place(pool.id),
                .destination = host_place(pool.id),
                .workers = workers.place(),
                .cores = workers.cores,
                .threads = workers.threads,
                .bytes = bytes});
  cell.counts = result::Counts::traffic;
  cell.counting_rule = measure::counting_rule(op);
  return spec;
}

/// All cores on memory that the driver gives for `gpu`.
Spec spec_of(HostOp op, const machine::Pool& pool, const Workers& all, const machine::Gpu& gpu,
             MemoryKind memory) {
  Spec spec = spec_of(op, pool, all);
  spec.host_loop()->driver_memory = memory;
  spec.host_loop()->gpu = gpu.ordinal;
  const bool managed = memory == MemoryKind::managed;
  result::CellKey key = spec.cell.key;
  key.memory = memory;
  spec.set_key(key);
  if (managed && gpu.managed.value == Tri::no) {
    spec.why_refused =
        fmt::format("gpu{} has no managed memory ({})", gpu.ordinal, gpu.managed.raw);
  }
  return spec;
}

/// The first GPU that is not left out and whose nearest host memory is this pool.
const machine::Gpu* gpu_near(const machine::Pool& pool, const machine::Machine& machine,
                             const result::Settings& settings) {
  for (const machine::Gpu& gpu : machine.gpus) {
    if (!settings.gpus.empty() && std::ranges::count(settings.gpus, gpu.ordinal) == 0) continue;
    const bool near = gpu.numa_node == pool.numa_node;
    if (near || (gpu.numa_node < 0 && pool.id == machine.pools.front().id)) return &gpu;
  }
  return nullptr;
}

/// One core alone, of each kind where they differ, the biggest last.
std::vector<Workers> single_cores(const machine::Pool& pool) {
  std::vector<Workers> cores;
  if (pool.cpus.empty()) return cores;
  for (const machine::CoreGroup& group : pool.groups) {
    if (group.kind) cores.push_back({"one-" + group.name, machine::first_cpus(group.cpus, 1), 1});
  }
  if (cores.empty()) cores.push_back({"one", machine::first_cpus(pool.cpus, 1), 1});
  return cores;
}

/// Parts of the pool's cores: one alone, of each kind where they differ, then whole groups.
std::vector<Workers> parts_of(const machine::Pool& pool) {
  if (pool.cores < 2) return {};
  std::vector<Workers> parts = single_cores(pool);
  for (const machine::CoreGroup& group : pool.groups) {
    if (group.cores > 1) parts.push_back({group.name, group.cpus, group.cores});
  }
  return parts;
}

Spec chase_of(const machine::Pool& pool, const Workers& worker, bool named) {
  Spec spec;
  spec.work = measure::HostChaseRequest{.pool = pool, .cpus = worker.cpus};
  result::Cell& cell = spec.cell;
  const auto bytes = measure::chase_bytes(pool);
  spec.set_key({.family = result::Family::latency,
                .engine = result::Engine::cpu,
                .op = result::Op::chase,
                .source = host_place(pool.id),
                .destination = host_place(pool.id),
                .workers = worker.place(),
                .cores = named ? worker.cores : "",
                .bytes = bytes ? *bytes : std::bit_ceil(4 * pool.largest_cache_bytes)});
  cell.cores = worker.cores;
  cell.counts = result::Counts::none;
  cell.unit = "ns";
  cell.counting_rule = measure::chase_counting_rule;
  return spec;
}

/// The same chain in memory that the driver gave.
Spec in_drivers_memory(Spec spec, const machine::Gpu& gpu, MemoryKind memory) {
  spec.host_chase()->driver_memory = memory;
  spec.host_chase()->gpu = gpu.ordinal;
  result::CellKey key = spec.cell.key;
  key.memory = memory;
  spec.set_key(key);
  if (memory == MemoryKind::managed && is_no(gpu.managed.value)) {
    spec.why_not = fmt::format("gpu{} has no managed memory ({})", gpu.ordinal, gpu.managed.raw);
  }
  return spec;
}

/// Where GPUs are what the user came for, of the host only what all its cores do together. On one
/// chip and on superchips both can use the same memory.
bool host_matters(const machine::Machine& machine) {
  return machine.gpus.empty() || machine.machine_class == machine::Class::unified_pool ||
         machine.machine_class == machine::Class::coherent_superchip;
}

bool has_cores(const machine::Pool& pool) { return !pool.cpus.empty(); }

/// Of loads and loops by another node's cores.
Tier tier_of_remote(const machine::Machine& machine) {
  constexpr int few = 2;
  const bool wanted =
      host_matters(machine) && std::ranges::count_if(machine.pools, has_cores) <= few;
  return wanted ? Tier::quick : Tier::full;
}

/// The other nodes' cores.
std::vector<Workers> remote_workers(const machine::Pool& pool, const machine::Machine& machine) {
  std::vector<Workers> workers;
  for (const machine::Pool& other : machine.pools) {
    if (other.id == pool.id || !has_cores(other)) continue;
    workers.push_back({"", other.cpus, other.cores, other.id});
  }
  return workers;
}

/// All nodes with cores as one, each thread on memory of its own node; none where there is one.
std::optional<machine::Pool> all_nodes(const machine::Machine& machine) {
  machine::Pool all;
  all.id = all_nodes_id;
  int nodes = 0;
  std::optional<Bytes> limit;
  for (const machine::Pool& pool : machine.pools) {
    if (pool.cores == 0) continue;
    ++nodes;
    all.cores += pool.cores;
    all.total_bytes += pool.total_bytes;
    all.available_bytes += pool.available_bytes;
    limit = pool.cgroup_limit_bytes;
    all.largest_cache_bytes += pool.largest_cache_bytes;
  }
  if (limit) all.available_bytes = std::min(all.available_bytes, *limit);
  return nodes > 1 ? std::optional(std::move(all)) : std::nullopt;
}

void add(std::vector<Spec>& specs, Spec spec, Tier tier) {
  spec.tier = tier;
  specs.push_back(std::move(spec));
}

/// `tier` of the operations that are asked most, else full.
Tier tier_among(std::span<const HostOp> most_asked, HostOp op, Tier tier) {
  return std::ranges::count(most_asked, op) > 0 ? tier : Tier::full;
}

}  // namespace

std::vector<Spec> host_pool_specs(const machine::Machine& machine,
                                  const result::Settings& settings) {
  const Tier of_parts = host_matters(machine) ? Tier::quick : Tier::full;
  std::vector<Spec> specs;
  for (const machine::Pool& pool : machine.pools) {
    if (pool.cores == 0) continue;  // a GPU's
    const Workers all{"", "", measure::host_shape(HostOp::read, pool).threads};
    for (const HostOp op : all_ops) add(specs, spec_of(op, pool, all), Tier::quick);
    if (const machine::Gpu* gpu = gpu_near(pool, machine, settings)) {
      for (const auto memory : {MemoryKind::pinned, MemoryKind::managed}) {
        for (const HostOp op : all_ops) {
          add(specs, spec_of(op, pool, all, *gpu, memory), tier_among(reads, op, of_parts));
        }
      }
    }
    for (const Workers& workers : parts_of(pool)) {
      for (const HostOp op : all_ops) {
        add(specs, spec_of(op, pool, workers), tier_among(few_ops, op, of_parts));
      }
    }
  }
  if (const auto all = all_nodes(machine)) {
    const Workers of_all{"", "", all->cores};
    for (const HostOp op : all_ops)
      add(specs, spec_of(op, *all, of_all), tier_among(few_ops, op, of_parts));
  }
  // Apart from the rest, so that a matrix is measured in one go.
  for (const HostOp op : all_ops) {
    for (const machine::Pool& pool : machine.pools) {
      if (pool.cores == 0) continue;
      for (const Workers& remote : remote_workers(pool, machine)) {
        add(specs, spec_of(op, pool, remote), tier_among(reads, op, tier_of_remote(machine)));
      }
    }
  }
  return specs;
}

std::vector<Spec> host_chase_specs(const machine::Machine& machine,
                                   const result::Settings& settings) {
  const Tier tier = host_matters(machine) ? Tier::quick : Tier::full;
  std::vector<Spec> specs;
  for (const machine::Pool& pool : machine.pools) {
    const std::vector<Workers> cores = single_cores(pool);
    if (cores.empty()) continue;
    const Spec alone = chase_of(pool, cores.back(), false);
    add(specs, alone, tier);
    if (const machine::Gpu* gpu = gpu_near(pool, machine, settings)) {
      for (const auto memory : {MemoryKind::pinned, MemoryKind::managed}) {
        add(specs, in_drivers_memory(alone, *gpu, memory), tier);
      }
    }
    for (Workers remote : remote_workers(pool, machine)) {
      remote.cpus = machine::first_cpus(remote.cpus, 1);
      add(specs, chase_of(pool, remote, true), tier_of_remote(machine));
    }
    if (cores.size() < 2) continue;
    for (const Workers& core : cores) add(specs, chase_of(pool, core, true), Tier::full);
  }
  return specs;
}

}  // namespace peerbench::bench
