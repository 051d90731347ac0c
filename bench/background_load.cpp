// SPDX-License-Identifier: Apache-2.0
// CPU and GPU at the same time, each on its own arrays.
//   pool/together/read/gpuA+hostB[/gpu-on:MEMORY][/cores:SOME]/threads:T/bytes:N   both read
//   latency/cpu/chase/hostB/beside:gpuA[/gpu-on:MEMORY]/bytes:N    loads of one core beside that
// On one chip the GPU reads what cudaMalloc gave, from the pool that they share; where each has a
// memory, gpu-on says whose: device, the GPU's own, or pinned, the CPU's. SOME is one or big, as of
// the CPU alone (host_pool.cpp), or quarter and half of cores that are alike. The GPU works from
// before the CPU begins until after it has ended, so the CPU's window is the overlap; by the host's
// clock. Counted: traffic of both in that window; flows say who had how much.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"
#include "machine/core_groups.hpp"
#include "measure/host_pool.hpp"

namespace peerbench::bench {

namespace {

struct Workers {
  std::string cores;  ///< as in the name; "": all
  std::string cpus;
  int threads = 1;
};

/// The curve: one core, the big ones or parts of those that are alike, all.
std::vector<Workers> steps(const machine::Pool& pool) {
  constexpr int enough = 8;  // of fewer, parts are not worth a figure
  std::vector<Workers> found;
  const machine::CoreGroup* big = nullptr;
  for (const machine::CoreGroup& group : pool.groups) {
    if (group.kind) big = &group;
  }
  const std::string& cpus = big != nullptr ? big->cpus : pool.cpus;
  if (!cpus.empty() && pool.cores > 1) found.push_back({"one", machine::first_cpus(cpus, 1), 1});
  if (big != nullptr && big->cores > 1 && big->cores < pool.cores) {
    found.push_back({"big", big->cpus, big->cores});
  }
  if (big == nullptr && !cpus.empty() && pool.cores >= enough) {
    for (const auto& [name, part] : {std::pair{"quarter", 4}, std::pair{"half", 2}}) {
      const int cores = pool.cores / part;
      found.push_back({name, machine::first_cpus(cpus, cores), cores});
    }
  }
  found.push_back({"", "", std::max(pool.cores, 1)});
  return found;
}

bool one_pool(const machine::Machine& machine) {
  return machine.machine_class == machine::Class::unified_pool;
}

/// What the GPU reads meanwhile. Plain memory is left out where there are two memories: it lies
/// with whoever touched it first.
std::vector<MemoryKind> memories(const machine::Machine& machine) {
  if (one_pool(machine)) return {MemoryKind::device};
  return {MemoryKind::device, MemoryKind::pinned};
}

/// Beside a GPU whose memory is apart, few ask for it.
Tier tier_of(const machine::Machine& machine, const machine::Gpu& gpu) {
  return one_pool(machine) || is_yes(gpu.host_page_tables.value) ? Tier::quick : Tier::full;
}

/// The GPU's reads as its cell alone does them.
const Spec* reads_alone(const std::vector<Spec>& specs, const machine::Gpu& gpu,
                        MemoryKind memory) {
  const auto found = std::ranges::find_if(specs, [&](const Spec& spec) {
    return spec.cell.key.engine == result::Engine::sm && spec.cell.key.op == result::Op::read &&
           spec.cell.key.memory == memory && !spec.cell.key.host_resident &&
           spec.cell.key.source == gpu_place(gpu.ordinal);
  });
  return found == specs.end() ? nullptr : &*found;
}

// `memory`: what the GPU reads, where the name must say it.
Spec concurrent(const Spec& alone, const machine::Pool& pool, const Workers& workers,
                std::optional<MemoryKind> memory) {
  const auto op = measure::HostOp::read;
  Spec spec;
  spec.work = measure::HostPoolRequest{.op = op,
                                       .pool = pool,
                                       .cpus = workers.cpus,
                                       .threads = workers.threads,
                                       .background_load = alone.plan()->transfers.front()};
  spec.why_not = alone.why_not;
  result::Cell& cell = spec.cell;
  spec.set_key({.family = result::Family::pool,
                .engine = result::Engine::cpu,
                .op = key_of(op),
                .kind = result::Kind::together,
                .source = host_place(pool.id),
                .destination = host_place(pool.id),
                .cores = workers.cores,
                .threads = workers.threads,
                .background = result::BackgroundLoad{alone.cell.key.source->index, memory},
                .bytes = measure::host_shape(op, pool).bytes_per_array});
  // Who takes part, also where it comes to no figure.
  cell.flows = {{alone.cell.issuer, alone.cell.issuer, alone.cell.issuer, {}},
                {pool.id, pool.id, pool.id, {}}};
  cell.counts = result::Counts::traffic;
  cell.counting_rule =
      "bytes that CPU and GPU read, each its own arrays, over the window in which both worked";
  return spec;
}

Spec under_load(Spec chase, const Spec& alone, std::optional<MemoryKind> memory) {
  chase.host_chase()->background_load = alone.plan()->transfers.front();
  chase.why_not = alone.why_not;
  result::CellKey key = chase.cell.key;
  key.background = result::BackgroundLoad{alone.cell.key.source->index, memory};
  chase.set_key(key);
  return chase;
}

}  // namespace

std::vector<Spec> background_load_specs(const machine::Machine& machine,
                                        const result::Settings& settings) {
  std::vector<Spec> specs;
  // The arrays of both live at the same time, so each side may take half of what there is.
  machine::Machine halved = machine;
  for (machine::Pool& pool : halved.pools) pool.available_bytes /= 2;
  result::Settings by_rule = settings;
  by_rule.sizes.clear();
  const std::vector<Spec> gpu_specs = gpu_pool_specs(halved, by_rule);
  const std::vector<Spec> chases = host_chase_specs(halved, {});
  for (const machine::Gpu& gpu : machine.gpus) {
    const machine::Pool* host = host_pool_near(halved, gpu);
    if (host == nullptr) continue;
    for (const MemoryKind memory : memories(machine)) {
      const Spec* alone = reads_alone(gpu_specs, gpu, memory);
      if (alone == nullptr) continue;
      const auto named = one_pool(machine) ? std::nullopt : std::optional(memory);
      for (const Workers& workers : steps(*host)) {
        specs.push_back(concurrent(*alone, *host, workers, named));
        specs.back().tier = std::max(alone->tier, tier_of(machine, gpu));
      }
      const auto chase = std::ranges::find_if(chases, [&](const Spec& one) {
        return one.cell.key.source == host_place(host->id) && !one.cell.key.workers;
      });
      if (chase == chases.end()) continue;
      specs.push_back(under_load(*chase, *alone, named));
      specs.back().tier = std::max({alone->tier, chase->tier, tier_of(machine, gpu)});
    }
  }
  return specs;
}

}  // namespace peerbench::bench
