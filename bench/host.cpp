// SPDX-License-Identifier: Apache-2.0
// Family "host": copies between the host's memory and a GPU's.
//   host/ce/{h2d,d2h}/uni/SRC-DST/{pinned,pageable}/bytes:N   by a copy engine of the GPU
//   host/ce/both/bi/host0-gpuA/pinned/bytes:N                 both ways at once
//   host/ce/.../pinned/node:B/bytes:N                         memory of another NUMA node (full)
//   host/sm/...                                               by its kernels, mapped memory (full)
// SRC-DST is host0-gpuA for h2d and gpuA-host0 for d2h. Pinned memory is mapped as well.
// Counted: one-way bytes over the common window; bi reports the sum of both ways.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

using measure::Engine;
using peerbench::MemoryKind;
using result::Kind;

struct HostCopy {
  Engine engine;
  Kind kind;  ///< h2d, d2h, both
  MemoryKind memory;
};

// A pageable copy blocks the host while it runs, so two of them do not run at once; and kernels
// reach no pageable memory, but on machines where it is one pool with theirs.
constexpr HostCopy host_copies[] = {
    {Engine::ce, Kind::h2d, MemoryKind::pinned},   {Engine::ce, Kind::d2h, MemoryKind::pinned},
    {Engine::ce, Kind::both, MemoryKind::pinned},  {Engine::sm, Kind::h2d, MemoryKind::pinned},
    {Engine::sm, Kind::d2h, MemoryKind::pinned},   {Engine::sm, Kind::both, MemoryKind::pinned},
    {Engine::ce, Kind::h2d, MemoryKind::pageable}, {Engine::ce, Kind::d2h, MemoryKind::pageable},
};

/// `far`: the NUMA node that the host's memory lies on where it is not the GPU's; else -1.
Spec spec_of(const HostCopy& copy, const machine::Gpu& card, Bytes bytes, bool one_pool,
             int far = -1) {
  const int gpu = card.ordinal;
  const bool both = copy.kind == Kind::both;
  const auto transfer = [&](measure::Place source, measure::Place destination) {
    return measure::Transfer{.source = source,
                             .destination = destination,
                             .issuer = measure::gpu(gpu),
                             .engine = copy.engine,
                             .bytes = bytes,
                             .host_memory = copy.memory,
                             .host_node = far >= 0 ? far : card.numa_node,
                             .far_node = far >= 0};
  };
  Spec spec;
  if (copy.kind != Kind::d2h)
    spec.plan()->transfers.push_back(transfer(measure::host(), measure::gpu(gpu)));
  if (copy.kind != Kind::h2d)
    spec.plan()->transfers.push_back(transfer(measure::gpu(gpu), measure::host()));

  result::Cell& cell = spec.cell;
  const result::Place near = gpu_place(gpu), way_off = host_place(measure::name(measure::host()));
  spec.set_key({.family = result::Family::host,
                .engine = key_of(copy.engine),
                .kind = copy.kind,
                .shape = both ? result::Shape::bi : result::Shape::uni,
                .source = copy.kind == Kind::d2h ? near : way_off,
                .destination = copy.kind == Kind::d2h ? way_off : near,
                .memory = copy.memory,
                .numa_node = far >= 0 ? std::optional(far) : std::nullopt,
                .bytes = bytes});
  cell.counts = result::Counts::one_way;
  cell.counting_rule = both ? "bytes of both ways, each counted once, over the common window"
                            : "bytes copied, counted once, over the common window";
  if (one_pool) cell.notes.push_back("copy within the pool that CPU and GPU share");
  if (both && copy.engine == Engine::ce && card.copy_engines == 1) {
    cell.notes.push_back(
        "this GPU has one copy engine: the two ways take turns, and up and down cannot overlap");
  }
  if (copy.memory == MemoryKind::pageable) {
    cell.notes.push_back(
        "timed by the host's clock: the driver copies pageable memory while the caller waits");
  }
  if (copy.engine == Engine::sm) {
    cell.notes.push_back("the kernel works on the host's memory itself (mapped, zero copy)");
  }
  return spec;
}

/// `less_asked`: of what few ask for on the GPU (tier_of_less_asked).
Tier tier_of(const HostCopy& copy, Tier less_asked) {
  if (copy.engine == Engine::sm) return Tier::full;
  return copy.memory == MemoryKind::pinned ? Tier::quick : less_asked;
}

/// Nodes with cores and memory that are not the GPU's.
std::vector<int> far_nodes(const machine::Machine& machine, const machine::Gpu& gpu) {
  std::vector<int> nodes;
  if (gpu.numa_node < 0) return nodes;
  for (const machine::Pool& pool : machine.pools) {
    if (pool.cores > 0 && pool.numa_node != gpu.numa_node) nodes.push_back(pool.numa_node);
  }
  return nodes;
}

}  // namespace

std::vector<Spec> host_specs(const machine::Machine& machine, const result::Settings& settings) {
  const bool one_pool = machine.machine_class == machine::Class::unified_pool;
  std::vector<Spec> specs;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (!settings.gpus.empty() && std::ranges::count(settings.gpus, gpu.ordinal) == 0) continue;
    const CopySize by_rule = host_copy_size(machine, gpu);
    const std::vector<Bytes> sizes =
        settings.sizes.empty() ? std::vector{by_rule.bytes} : settings.sizes;
    for (const Bytes bytes : sizes) {
      for (const HostCopy& copy : host_copies) {
        const auto add = [&](Spec spec, Tier tier) {
          spec.tier = tier;
          if (settings.sizes.empty()) spec.cell.notes.push_back(by_rule.rule);
          specs.push_back(std::move(spec));
        };
        const Tier tier = tier_of(copy, tier_of_less_asked(machine, settings, gpu.ordinal));
        add(spec_of(copy, gpu, bytes, one_pool), tier);
        if (copy.engine == Engine::sm || copy.memory == MemoryKind::pageable) continue;
        for (const int node : far_nodes(machine, gpu)) {
          add(spec_of(copy, gpu, bytes, one_pool, node), Tier::full);
        }
      }
    }
  }
  return specs;
}

}  // namespace peerbench::bench
