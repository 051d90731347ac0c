#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/simulation.hpp"
#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

// Data are really moved on a simulated machine, but its caches are not simulated: past a size at
// which the fixed cost of a copy is small, more bytes only cost the user's time.
constexpr Bytes simulated_copy = 64 * MiB;
constexpr Bytes simulated_host_copy = 16 * MiB;

constexpr Bytes step = 64 * MiB;

// With more cards the pairs are so many that the run would last minutes on PCIe.
constexpr std::size_t few_cards = 4;

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

/// Bounds `size` by what a way of `gbs` takes too long for, to a power of two.
void bound_by_rate(CopySize& size, double gbs) {
  const auto most = static_cast<Bytes>(gbs * 1e9 * longest_copy_seconds);
  if (size.bytes <= most) return;
  size.bytes = std::min(size.bytes, std::max(shortest_copy, std::bit_floor(most)));
  size.rule = fmt::format(
      "no copy is to take longer than {:.0f} ms over the {:.3g} GB/s that the "
      "slowest way here could reach",
      longest_copy_seconds * 1e3, gbs);
}

/// Past the caches and within the memory.
CopySize copy_size(const machine::Gpu& from, const machine::Gpu& to, bool many_cards) {
  if (simulated()) return {simulated_copy, "as on every simulated machine, which has no caches"};
  const Bytes l2 = std::max(from.l2_bytes, to.l2_bytes);
  const Bytes wanted = many_cards ? step : std::max<Bytes>(256 * MiB, 4 * l2);
  CopySize size{rounded(wanted, std::min(from.free_bytes, to.free_bytes)), ""};
  size.rule = size.bytes < wanted ? "an eighth of the memory that is free on the fuller card"
              : many_cards        ? "short, since there are so many pairs"
                                  : "at least 256 MiB, and four times the L2 of either card";
  return size;
}

CopySize finished(CopySize size) {
  size.rule = fmt::format("{} a copy: {}", format_bytes(size.bytes), size.rule);
  return size;
}

}  // namespace

CopySize peer_copy_size(const machine::Machine& machine, const machine::Gpu& from,
                        const machine::Gpu& to) {
  CopySize size = copy_size(from, to, machine.gpus.size() > few_cards);
  for (const machine::Gpu* gpu : {&from, &to}) {  // staged copies take both
    if (gpu->pcie.ceiling) bound_by_rate(size, gpu->pcie.ceiling->gbs);
  }
  const auto link = std::ranges::find_if(machine.links, [&](const machine::PeerLink& one) {
    return one.from == from.ordinal && one.to == to.ordinal;
  });
  if (link != machine.links.end() && link->nvlink_ceiling) {
    bound_by_rate(size, link->nvlink_ceiling->gbs);
  }
  return finished(size);
}

CopySize host_copy_size(const machine::Gpu& gpu) {
  CopySize size = copy_size(gpu, gpu, false);
  if (simulated()) size.bytes = simulated_host_copy;
  if (gpu.pcie.ceiling) bound_by_rate(size, gpu.pcie.ceiling->gbs);
  return finished(size);
}

namespace {

// Both ways at once, with peer access where the driver allows it: all that a pair can carry.
bool soaks(const Spec& spec, const machine::Machine& machine) {
  const measure::Plan& plan = spec.plan;
  if (spec.cell.direction != "bi" || spec.cell.engine != "ce" || plan.transfers.empty()) {
    return false;
  }
  const measure::Transfer& first = plan.transfers.front();
  const auto link = std::ranges::find_if(machine.links, [&](const machine::PeerLink& one) {
    return one.from == first.source.index && one.to == first.destination.index;
  });
  const bool allowed = link != machine.links.end() && link->can_access.value != Tri::no;
  return plan.peer_access == allowed;
}

}  // namespace

BufferRoom buffer_room(const machine::Machine& machine, const std::vector<int>& cards) {
  if (simulated()) {
    return {simulated_memory / std::max<Bytes>(cards.size(), 1),
            "buffers of simulated machines are memory of this one"};
  }
  BufferRoom room{~Bytes{0}, "a quarter of the memory that is free on the fullest of the cards"};
  for (const machine::Gpu& gpu : machine.gpus) {
    if (std::ranges::count(cards, gpu.ordinal) > 0 && gpu.free_bytes > 0) {
      room.bytes = std::min(room.bytes, gpu.free_bytes / 4);
    }
  }
  return room;
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

bool in_depth(const machine::Machine& machine, const result::Settings& settings, int gpu) {
  constexpr std::size_t few = 4;
  const std::size_t cards = settings.gpus.empty() ? machine.gpus.size() : settings.gpus.size();
  if (cards <= few || !settings.filter.empty() || !settings.pairs.empty()) return true;
  return gpu ==
         (settings.gpus.empty() ? machine.gpus.front().ordinal : std::ranges::min(settings.gpus));
}

namespace {

// What an estimate is made of: messages between cards, and how fast each card reads its weights.
std::vector<Spec> of_split_model(const machine::Machine& machine,
                                 const result::Settings& settings) {
  std::vector<Spec> specs = split_copy_specs(machine, settings);
  std::ranges::copy_if(gpu_pool_specs(machine, settings), std::back_inserter(specs),
                       [](const Spec& spec) {
                         const result::Cell& cell = spec.cell;
                         return cell.memory == "device" && cell.op == "read";
                       });
  std::ranges::move(split_nccl_specs(machine, settings), std::back_inserter(specs));
  return specs;
}

}  // namespace

std::vector<Spec> catalogue(const machine::Machine& machine, const result::Settings& settings) {
  if (settings.split) return of_split_model(machine, settings);
  std::vector<Spec> specs = peer_specs(machine, settings);
  if (settings.soak_seconds) {
    std::erase_if(specs, [&](const Spec& spec) { return !soaks(spec, machine); });
    return specs;
  }
  // NCCL turns peer access on by itself, so its cells come last.
  for (auto family : {pattern_specs(machine, settings), latency_specs(machine, settings),
                      chase_specs(machine, settings), host_specs(machine, settings),
                      gpu_pool_specs(machine, settings), host_pool_specs(machine, settings),
                      together_specs(machine, settings), host_chain_specs(machine, settings),
                      collective_specs(machine, settings)}) {
    std::ranges::move(family, std::back_inserter(specs));
  }
  return specs;
}

}  // namespace peerbench::bench
