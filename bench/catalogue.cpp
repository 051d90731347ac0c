#include <algorithm>

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

Bytes peer_copy_bytes(const machine::Gpu& from, const machine::Gpu& to, std::size_t cards) {
  if (simulated()) return simulated_copy;
  const Bytes wanted = cards > few_cards
                           ? step
                           : std::max<Bytes>(256 * MiB, 4 * std::max(from.l2_bytes, to.l2_bytes));
  return rounded(wanted, std::min(from.free_bytes, to.free_bytes));
}

Bytes host_copy_bytes(const machine::Gpu& gpu) {
  return simulated() ? simulated_host_copy : peer_copy_bytes(gpu, gpu);
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

bool in_depth(const machine::Machine& machine, const result::Settings& settings, int gpu) {
  constexpr std::size_t few = 4;
  const std::size_t cards = settings.gpus.empty() ? machine.gpus.size() : settings.gpus.size();
  if (cards <= few || !settings.filter.empty() || !settings.pairs.empty()) return true;
  return gpu ==
         (settings.gpus.empty() ? machine.gpus.front().ordinal : std::ranges::min(settings.gpus));
}

std::vector<Spec> catalogue(const machine::Machine& machine, const result::Settings& settings) {
  std::vector<Spec> specs = peer_specs(machine, settings);
  if (settings.soak_seconds) {
    std::erase_if(specs, [&](const Spec& spec) { return !soaks(spec, machine); });
    return specs;
  }
  // NCCL turns peer access on by itself, so its cells come last.
  for (auto family : {pattern_specs(machine, settings), latency_specs(machine, settings),
                      host_specs(machine, settings), gpu_pool_specs(machine, settings),
                      host_pool_specs(machine, settings), together_specs(machine, settings),
                      host_chain_specs(machine, settings), collective_specs(machine, settings)}) {
    std::ranges::move(family, std::back_inserter(specs));
  }
  return specs;
}

}  // namespace peerbench::bench
