// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "base/simulation.hpp"
#include "bench/spec.hpp"
#include "machine/pcie.hpp"
#include "result/cell_filter.hpp"

namespace peerbench::bench {

namespace {

// Data are really moved on a simulated machine, but its caches are not simulated: past a size at
// which the fixed cost of a copy is small, more bytes only cost the user's time.
constexpr Bytes simulated_copy = 64 * MiB;
constexpr Bytes simulated_host_copy = 16 * MiB;

constexpr Bytes step = 64 * MiB;

// The pairs of many GPUs would take minutes on PCIe. Faster links carry copies past every cache in
// milliseconds.
constexpr double fast_gbs = 100;

// Rounded up to whole steps, so that names stay readable, unless memory is short.
Bytes rounded(Bytes wanted, Bytes free_bytes) {
  const Bytes up = (wanted + step - 1) / step * step;
  const Bytes room = free_bytes / 8;
  if (room == 0 || up <= room) return up;
  return std::max<Bytes>(room / MiB * MiB, MiB);
}

}  // namespace

namespace {

constexpr double longest_copy_seconds = 25e-3;
constexpr Bytes shortest_copy = 4 * MiB;

/// Bounds `size` by what a way of `gbs` takes too long for, to a power of two, not below `least`.
void bound_by_rate(CopySize& size, double gbs, Bytes least = shortest_copy) {
  const auto most = static_cast<Bytes>(gbs * 1e9 * longest_copy_seconds);
  if (size.bytes <= most || size.bytes <= least) return;
  size.bytes = std::min(size.bytes, std::max(least, std::bit_floor(most)));
  size.rule = fmt::format(
      "no copy is to take longer than {:.0f} ms over the {:.3g} GB/s that the "
      "slowest way here could reach",
      longest_copy_seconds * 1e3, gbs);
}

/// The same by a GPU's PCIe way. That comes from what the kernel says of ports, which may be a
/// hypervisor's invention: where the GPU itself runs faster it is not believed to be very slow.
void bound_by_pcie(CopySize& size, const machine::PcieLink& link) {
  if (!link.ceiling) return;
  const bool confirmed = link.current && machine::pcie_gbs(*link.current) <= link.ceiling->gbs;
  bound_by_rate(size, link.ceiling->gbs, confirmed ? shortest_copy : step);
}

/// Past a cache and within what is free of a memory.
CopySize past_caches(Bytes cache, Bytes free, const char* whose_cache, const char* whose_memory) {
  if (simulated()) return {simulated_copy, "as on every simulated machine, which has no caches"};
  const Bytes wanted = std::max<Bytes>(256 * MiB, 4 * cache);
  CopySize size{rounded(wanted, free), ""};
  size.rule = size.bytes < wanted
                  ? fmt::format("an eighth of the memory that is free {}", whose_memory)
                  : fmt::format("at least 256 MiB, and four times {}", whose_cache);
  return size;
}

CopySize copy_size(const machine::Gpu& from, const machine::Gpu& to) {
  return past_caches(std::max(from.l2_bytes, to.l2_bytes), std::min(from.free_bytes, to.free_bytes),
                     "the L2 of either GPU", "on the fuller GPU");
}

CopySize finished(CopySize size) {
  size.rule = fmt::format("{} a copy: {}", format_bytes(size.bytes), size.rule);
  return size;
}

}  // namespace

CopySize peer_copy_size(const machine::Machine& machine, const machine::Gpu& from,
                        const machine::Gpu& to) {
  CopySize size = copy_size(from, to);
  const machine::PeerLink* link = machine::find_link(machine, from.ordinal, to.ordinal);
  const auto nvlink = link == nullptr ? std::optional<machine::Ceiling>() : link->nvlink_ceiling;
  if (machine.gpus.size() > few_cards && (!nvlink || nvlink->gbs <= fast_gbs) &&
      size.bytes > step) {
    size = {step, "short, since there are so many pairs"};
  }
  for (const machine::Gpu* gpu : {&from, &to}) {  // staged copies take both
    bound_by_pcie(size, gpu->pcie);
  }
  if (nvlink) bound_by_rate(size, nvlink->gbs);
  return finished(size);
}

CopySize host_copy_size(const machine::Machine& machine, const machine::Gpu& gpu) {
  const machine::Pool* host = host_pool_near(machine, gpu);
  const Bytes last_level = host == nullptr ? 0 : host->largest_cache_bytes;
  CopySize size = last_level <= gpu.l2_bytes
                      ? copy_size(gpu, gpu)
                      : past_caches(last_level, std::min(gpu.free_bytes, host->available_bytes),
                                    "the last-level cache of the host", "on the fuller side");
  if (simulated()) size.bytes = simulated_host_copy;
  bound_by_pcie(size, gpu.pcie);
  return finished(size);
}

namespace {

// Both ways at once, with peer access where the driver allows it: all that a pair can carry.
bool soaks(const Spec& spec, const machine::Machine& machine) {
  const measure::Plan* const plan = spec.plan();
  if (spec.cell.key.shape != result::Shape::bi || spec.cell.key.engine != result::Engine::ce ||
      plan == nullptr || plan->transfers.empty()) {
    return false;
  }
  const measure::Transfer& first = plan->transfers.front();
  const machine::PeerLink* link =
      machine::find_link(machine, first.source.index, first.destination.index);
  const bool allowed = link != nullptr && link->can_access.value != Tri::no;
  return plan->peer_access == allowed;
}

}  // namespace

BufferBudget buffer_budget(const machine::Machine& machine, const std::vector<int>& cards) {
  if (simulated()) {
    return {simulated_memory / std::max<Bytes>(cards.size(), 1),
            "buffers of simulated machines are memory of this one"};
  }
  BufferBudget budget{~Bytes{0}, "a quarter of the memory that is free on the fullest of the GPUs"};
  for (const machine::Gpu& gpu : machine.gpus) {
    if (std::ranges::count(cards, gpu.ordinal) > 0 && gpu.free_bytes > 0) {
      budget.bytes = std::min(budget.bytes, gpu.free_bytes / 4);
    }
  }
  return budget;
}

const machine::Pool* host_pool_near(const machine::Machine& machine, const machine::Gpu& gpu) {
  const machine::Pool* first = nullptr;
  for (const machine::Pool& pool : machine.pools) {
    if (pool.cores == 0) continue;
    if (pool.numa_node == gpu.numa_node) return &pool;
    if (first == nullptr) first = &pool;
  }
  return first;
}

std::vector<HostMemory> host_memories(const machine::Machine& machine, const machine::Gpu& gpu) {
  const machine::Pool* const near = host_pool_near(machine, gpu);
  if (near == nullptr || gpu.numa_node < 0) return {{gpu.numa_node, std::nullopt}};
  std::vector<HostMemory> memories{{near->numa_node, near->numa_node}};
  for (const machine::Pool& pool : machine.pools) {
    if (pool.cores > 0 && &pool != near) memories.push_back({pool.numa_node, pool.numa_node});
  }
  if (memories.size() == 1) memories.front().named.reset();
  return memories;
}

Tier tier_of_less_asked(const machine::Machine& machine, const result::Settings& settings,
                        int gpu) {
  const std::size_t cards = settings.gpus.empty() ? machine.gpus.size() : settings.gpus.size();
  if (cards <= few_cards || !settings.pairs.empty()) return Tier::quick;
  const int first =
      settings.gpus.empty() ? machine.gpus.front().ordinal : std::ranges::min(settings.gpus);
  return gpu == first ? Tier::quick : Tier::full;
}

Expected<std::vector<Spec>> chosen(std::vector<Spec> specs, const result::Settings& settings) {
  const std::string& filter = settings.filter;
  if (filter.empty()) {
    std::erase_if(specs,
                  [&](const Spec& spec) { return spec.tier == Tier::full && !settings.full; });
    return specs;
  }
  std::vector<std::string> names;
  for (const Spec& spec : specs) names.push_back(spec.cell.name);
  const auto selects = result::selected(names, filter);
  if (!selects) return tl::unexpected(selects.error());
  std::vector<Spec> found;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if ((*selects)[i]) found.push_back(std::move(specs[i]));
  }
  return found;
}

namespace {

// What an estimate is made of: messages between GPUs, and how fast each GPU reads its weights.
std::vector<Spec> of_split_model(const machine::Machine& machine,
                                 const result::Settings& settings) {
  std::vector<Spec> specs = split_copy_specs(machine, settings);
  std::ranges::copy_if(
      gpu_pool_specs(machine, settings), std::back_inserter(specs), [](const Spec& spec) {
        const result::Cell& cell = spec.cell;
        return cell.key.memory == MemoryKind::device && cell.key.op == result::Op::read;
      });
  std::ranges::move(split_nccl_specs(machine, settings), std::back_inserter(specs));
  return specs;
}

/// Copies are made without kernels. NCCL brings kernels of its own, but what it does is filled and
/// checked by this program's.
bool needs_kernels(const Spec& spec) {
  if (spec.collective() != nullptr || spec.background_load() != nullptr) return true;
  const measure::Plan* const plan = spec.plan();
  return plan != nullptr && std::ranges::any_of(plan->transfers, [](const auto& transfer) {
           return transfer.engine == measure::Engine::sm;
         });
}

/// What runs on a GPU that this build has no code for is done without kernels, or not at all.
void do_without_code(const machine::Machine& machine, std::vector<Spec>& specs) {
  for (Spec& spec : specs) {
    for (const int ordinal : measure::busy_gpus(spec.work)) {
      const machine::Gpu* const gpu = machine::find_gpu(machine, ordinal);
      if (gpu == nullptr || gpu->has_code) continue;
      spec.without_kernels = true;
      if (!needs_kernels(spec) || !spec.why_not.empty()) continue;
      spec.why_not = fmt::format("this build has no kernels for gpu{} (compute capability {}.{})",
                                 ordinal, gpu->compute_major, gpu->compute_minor);
    }
  }
}

std::vector<Spec> of_all_families(const machine::Machine& machine,
                                  const result::Settings& settings) {
  std::vector<Spec> specs = peer_specs(machine, settings);
  if (settings.soak_seconds) {
    std::erase_if(specs, [&](const Spec& spec) { return !soaks(spec, machine); });
    return specs;
  }
  // NCCL turns peer access on by itself, so its cells come last.
  for (auto family : {pattern_specs(machine, settings), latency_specs(machine, settings),
                      chase_specs(machine, settings), host_specs(machine, settings),
                      gpu_pool_specs(machine, settings), host_pool_specs(machine, settings),
                      background_load_specs(machine, settings), host_chase_specs(machine, settings),
                      collective_specs(machine, settings)}) {
    std::ranges::move(family, std::back_inserter(specs));
  }
  return specs;
}

}  // namespace

std::vector<Spec> catalogue(const machine::Machine& machine, const result::Settings& settings) {
  std::vector<Spec> specs =
      settings.split ? of_split_model(machine, settings) : of_all_families(machine, settings);
  do_without_code(machine, specs);
  return specs;
}

}  // namespace peerbench::bench
