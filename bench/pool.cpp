// SPDX-License-Identifier: Apache-2.0
// Family "pool", the GPU's side: what a GPU does to memory it has for itself, or shares.
//   pool/ce/copy/gpuA/device/bytes:N              cudaMemcpyAsync between two arrays: the driver
//                                                 takes a copy engine or a kernel of its own
//   pool/sm/OP/gpuA/MEMORY/bytes:N                its kernels; OP is read, write, copy or triad
//   pool/sm/read/gpuA/MEMORY/touch:cpu/bytes:N    on pages that a CPU thread wrote to first
//   pool/sm/read/gpuA/managed/from-host/bytes:N   on pages that come from the host in each sample
//                                                 (full)
// MEMORY is how it was had: device (cudaMalloc), managed, pinned (mapped), pageable (malloc).
// Counted: traffic, that is bytes read plus bytes written.
#include <fmt/format.h>

#include <algorithm>

#include "base/simulation.hpp"
#include "bench/spec.hpp"
#include "measure/host_size.hpp"

namespace peerbench::bench {

namespace {

using measure::Engine;
using measure::FirstTouch;
using measure::Op;

struct PoolShape {
  Engine engine;
  Op op;
  const char* counting_rule;

  /// That are read or written, each counted once.
  int arrays() const { return row_of(key_of(op))->arrays; }
};

constexpr const char* copy_rule =
    "bytes read plus bytes written (2 N for a copy of N) over the window";
constexpr PoolShape engine_copy{Engine::ce, Op::copy, copy_rule};
constexpr PoolShape read_shape{Engine::sm, Op::read, "bytes read over the window"};
constexpr PoolShape kernel_shapes[] = {
    {Engine::sm, Op::copy, copy_rule},
    read_shape,
    {Engine::sm, Op::write, "bytes written over the window"},
    {Engine::sm, Op::triad, "bytes read plus bytes written (3 N for arrays of N) over the window"},
};

/// What one cell is about, beside its shape.
struct Ask {
  MemoryKind memory = MemoryKind::device;
  FirstTouch first_touch = FirstTouch::gpu;
  bool from_host = false;
  Tier tier = Tier::quick;
};

bool one_pool(const machine::Machine& machine, const machine::Gpu& gpu) {
  return machine.machine_class == machine::Class::unified_pool || is_yes(gpu.integrated.value);
}

// Data are really moved on a simulated machine; of what the host may see no repetition can be left
// out, so those arrays are only a little larger than the cache.
Bytes simulated_bytes(const machine::Gpu& gpu, MemoryKind memory) {
  if (memory == MemoryKind::device) return 64 * MiB;
  constexpr Bytes step = 4 * MiB;
  return std::max<Bytes>(32 * MiB, (gpu.l2_bytes + step) / step * step + step);
}

/// What the size of arrays depends on.
measure::HostSizeQuestion question_of(const machine::Machine& machine, const machine::Gpu& gpu,
                                      const PoolShape& shape, MemoryKind memory) {
  measure::HostSizeQuestion question{.arrays = shape.arrays(),
                                     .asked = 0,
                                     .cache_bytes = gpu.l2_bytes,
                                     .available_bytes = gpu.free_bytes,
                                     .total_bytes = 0};
  if (memory == MemoryKind::device)
    question.wanted_bytes = measure::wanted_of_gpu(gpu.memory_bytes);
  // What CUDA calls free leaves out the page cache, and CPU caches hold what the GPU reads too.
  const bool shared = one_pool(machine, gpu);
  const bool in_host = shared || memory != MemoryKind::device;
  const machine::Pool* host = in_host ? host_pool_near(machine, gpu) : nullptr;
  if (host == nullptr) return question;
  question.cache_bytes = std::max(question.cache_bytes, host->largest_cache_bytes);
  question.available_bytes = host->available_bytes;
  question.total_bytes = host->total_bytes;
  // Managed memory of a GPU is with the host, too, before it comes and after it is sent back.
  if (memory == MemoryKind::managed && !shared) {
    question.available_bytes = std::min(question.available_bytes, gpu.free_bytes);
  }
  return question;
}

Expected<measure::HostSize> size_by_rule(const machine::Machine& machine, const machine::Gpu& gpu,
                                         const PoolShape& shape, MemoryKind memory) {
  if (simulated()) {
    const Bytes bytes = simulated_bytes(gpu, memory);
    return measure::HostSize{bytes, "arrays are small, because the time is the simulator's"};
  }
  return choose_host_size(question_of(machine, gpu, shape, memory));
}

/// Why arrays of a size that was asked for cannot be had; empty if they can, or nobody knows. A
/// pool that the whole machine lives in hangs when it is full, instead of failing.
std::string too_large(const machine::Machine& machine, const machine::Gpu& gpu,
                      const PoolShape& shape, MemoryKind memory, Bytes asked) {
  const Bytes available = question_of(machine, gpu, shape, memory).available_bytes;
  const bool shared = one_pool(machine, gpu);
  const Bytes most = shared ? available / 4 : available;
  const auto arrays = static_cast<Bytes>(shape.arrays());
  if (available == 0 || asked <= most / arrays) return "";
  return fmt::format("{} x {} do not fit into {}, {}; ask for smaller --sizes", arrays,
                     format_bytes(asked), format_bytes(most),
                     shared ? "a quarter of the pool's available memory, since the machine itself "
                              "lives in it"
                            : "the memory that is available");
}

/// The node of pinned memory that kernels of `gpu` work on, where there are several.
int near_node(const machine::Machine& machine, const machine::Gpu& gpu) {
  const auto hosts = std::ranges::count_if(
      machine.pools, [](const machine::Pool& pool) { return pool.cores > 0; });
  return hosts > 1 ? gpu.numa_node : -1;
}

Spec spec_of(const PoolShape& shape, int gpu, Bytes bytes, const Ask& ask) {
  Spec spec;
  const auto place = measure::gpu(gpu);
  spec.plan()->transfers.push_back({.source = place,
                                    .destination = place,
                                    .issuer = place,
                                    .engine = shape.engine,
                                    .bytes = bytes,
                                    .op = shape.op,
                                    .memory = ask.memory,
                                    .first_touch = ask.first_touch,
                                    .from_host_each_time = ask.from_host});
  spec.bytes_weight = shape.arrays();
  result::Cell& cell = spec.cell;
  spec.set_key({.family = result::Family::pool,
                .engine = key_of(shape.engine),
                .op = key_of(shape.op),
                .source = gpu_place(gpu),
                .destination = gpu_place(gpu),
                .memory = ask.memory,
                .touched_by_cpu = ask.first_touch == FirstTouch::cpu,
                .host_resident = ask.from_host,
                .bytes = bytes});
  cell.counts = result::Counts::traffic;
  cell.counting_rule = shape.counting_rule;
  if (ask.from_host) {
    cell.notes.push_back(
        "brought back to the host before each sample, so that the kernel's page faults are in it");
  }
  return spec;
}

void add(std::vector<Spec>& specs, const machine::Machine& machine,
         const result::Settings& settings, const machine::Gpu& gpu, const PoolShape& shape,
         const Ask& ask = {}) {
  const auto push = [&](Spec spec) {
    spec.tier = ask.tier;
    spec.plan()->transfers.front().host_node = near_node(machine, gpu);
    if (shape.engine == Engine::ce) {
      spec.cell.notes.push_back(
          "cudaMemcpyAsync within the GPU: the driver chooses copy engine or kernel");
    }
    if (ask.memory == MemoryKind::pageable && is_no(gpu.host_page_tables.value) &&
        !one_pool(machine, gpu)) {
      spec.cell.notes.push_back(
          "pageable memory without the host's page tables (HMM): the driver moves pages by faults, "
          "so "
          "the figure tells of those and compares with no other memory");
    }
    specs.push_back(std::move(spec));
  };
  const bool reals = shape.op == Op::triad;
  for (const Bytes asked : settings.sizes) {
    if (reals && asked < sizeof(double)) continue;
    Spec spec = spec_of(shape, gpu.ordinal, reals ? asked / 8 * 8 : asked, ask);
    spec.why_not = too_large(machine, gpu, shape, ask.memory, asked);
    if (asked < 4 * gpu.l2_bytes) {
      spec.cell.notes.push_back(
          fmt::format("the size asked for; less than 4 times the {} of the L2, so that may be part "
                      "of the figure",
                      format_bytes(gpu.l2_bytes)));
    }
    push(std::move(spec));
  }
  if (!settings.sizes.empty()) return;
  const auto size = size_by_rule(machine, gpu, shape, ask.memory);
  Spec spec = spec_of(shape, gpu.ordinal, size ? size->bytes_per_array : 4 * gpu.l2_bytes, ask);
  if (size) {
    spec.cell.notes.push_back(size->rule);
  } else {
    spec.why_not = size.error().message;
  }
  push(std::move(spec));
}

/// By kernels on memory that cudaMalloc did not give. Where CPU and GPU are on one chip or
/// coherent, how memory is had is the question; of a GPU only whether the host's is another one.
void add_other_memory(std::vector<Spec>& specs, const machine::Machine& machine,
                      const result::Settings& settings, const machine::Gpu& gpu, Tier tier) {
  const bool coherent = one_pool(machine, gpu) || is_yes(gpu.host_page_tables.value);
  const Tier where_coherent = coherent ? tier : Tier::full;
  for (const MemoryKind memory : {MemoryKind::managed, MemoryKind::pinned, MemoryKind::pageable}) {
    const Signal* allowed = memory == MemoryKind::managed    ? &gpu.managed
                            : memory == MemoryKind::pageable ? &gpu.pageable_access
                                                             : nullptr;
    const bool refused = allowed != nullptr && is_no(allowed->value);
    for (const PoolShape& shape : kernel_shapes) {
      const bool read = shape.op == Op::read;
      if (refused && !read) continue;  // the driver's answer to one is its answer to all
      add(specs, machine, settings, gpu, shape,
          {.memory = memory, .tier = read && !refused ? tier : where_coherent});
    }
    if (memory == MemoryKind::pinned || refused) continue;
    add(specs, machine, settings, gpu, read_shape,
        {.memory = memory, .first_touch = FirstTouch::cpu, .tier = where_coherent});
  }
  const bool moves = is_yes(gpu.managed.value) && is_yes(gpu.concurrent_managed.value);
  if (moves && !one_pool(machine, gpu)) {
    add(specs, machine, settings, gpu, read_shape,
        {.memory = MemoryKind::managed, .from_host = true, .tier = Tier::full});
  }
}

}  // namespace

std::vector<Spec> gpu_pool_specs(const machine::Machine& machine,
                                 const result::Settings& settings) {
  std::vector<Spec> specs;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (!settings.gpus.empty() && std::ranges::count(settings.gpus, gpu.ordinal) == 0) continue;
    add(specs, machine, settings, gpu, engine_copy);
    const Tier tier = tier_of_less_asked(machine, settings, gpu.ordinal);
    for (const PoolShape& shape : kernel_shapes) {
      add(specs, machine, settings, gpu, shape, {.tier = tier});
    }
    add_other_memory(specs, machine, settings, gpu, tier);
  }
  return specs;
}

}  // namespace peerbench::bench
