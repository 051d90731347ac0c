// SPDX-License-Identifier: Apache-2.0
// Family "host": copies between the host's memory and a GPU's.
//   host/ce/{h2d,d2h}/uni/SRC-DST/{pinned,pageable}/bytes:N   by a copy engine of the GPU
//   host/ce/both/bi/hostB-gpuA/pinned/bytes:N                 both ways at once
//   host/sm/...                                               by its kernels, mapped memory (full)
// SRC-DST is hostB-gpuA for h2d and gpuA-hostB for d2h. B is the NUMA node that the memory lies on:
// the GPU's, and for pinned memory and copy engines each other one as well (full). Pinned memory is
// mapped as well.
// Counted: one-way bytes over the common window; bi reports the sum of both ways.
#include <fmt/format.h>

#include <algorithm>
#include <span>

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

Spec spec_of(const HostCopy& copy, const machine::Gpu& card, Bytes bytes, bool one_pool,
             const HostMemory& memory) {
  const int gpu = card.ordinal;
  const bool both = copy.kind == Kind::both;
  const measure::Place host = measure::host(memory.index());
  const auto transfer = [&](measure::Place source, measure::Place destination) {
    return measure::Transfer{.source = source,
                             .destination = destination,
                             .issuer = measure::gpu(gpu),
                             .engine = copy.engine,
                             .bytes = bytes,
                             .host_memory = copy.memory,
                             .host_node = memory.node,
                             .far_node = memory.node != card.numa_node};
  };
  Spec spec;
  if (copy.kind != Kind::d2h) spec.plan()->transfers.push_back(transfer(host, measure::gpu(gpu)));
  if (copy.kind != Kind::h2d) spec.plan()->transfers.push_back(transfer(measure::gpu(gpu), host));

  result::Cell& cell = spec.cell;
  const result::Place near = gpu_place(gpu), way_off = host_place(measure::name(host));
  spec.set_key({.family = result::Family::host,
                .engine = key_of(copy.engine),
                .kind = copy.kind,
                .shape = both ? result::Shape::bi : result::Shape::uni,
                .source = copy.kind == Kind::d2h ? near : way_off,
                .destination = copy.kind == Kind::d2h ? way_off : near,
                .memory = copy.memory,
                .bytes = bytes});
  cell.numa_node = memory.named;
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
        const std::vector<HostMemory> memories = host_memories(machine, gpu);
        add(spec_of(copy, gpu, bytes, one_pool, memories.front()), tier);
        if (copy.engine == Engine::sm || copy.memory == MemoryKind::pageable) continue;
        for (const HostMemory& far : std::span(memories).subspan(1)) {
          add(spec_of(copy, gpu, bytes, one_pool, far), Tier::full);
        }
      }
    }
  }
  return specs;
}

}  // namespace peerbench::bench
