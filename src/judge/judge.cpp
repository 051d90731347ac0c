// SPDX-License-Identifier: Apache-2.0
#include "judge/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "judge/band.hpp"
#include "judge/bounds.hpp"
#include "judge/ceiling.hpp"
#include "judge/host_link.hpp"
#include "judge/peer_link.hpp"
#include "measure/statistics.hpp"

namespace peerbench::judge {

namespace {

/// Why nothing is known that this cell could be held against.
std::string why_no_ceiling(const result::Cell& cell, const machine::Machine& machine) {
  if (cell.key.family == result::Family::latency)
    return "a duration: no source says how short it could be";
  if (cell.key.family == result::Family::peer && cell.flows.size() > 2) {
    return "several pairs at once: hold each flow against its pair's own figure";
  }
  if (cell.key.kind == result::Kind::staged ||
      (cell.key.family == result::Family::peer && !cell.peer_access.value_or(true))) {
    return "staged through host memory: no ceiling of that way round is known for this host";
  }
  if (cell.key.family == result::Family::host && cell.key.memory == result::MemoryKind::pageable) {
    return "the driver copies pageable memory through buffers of its own: how fast depends on the "
           "processor, and no ceiling of that is known";
  }
  if (cell.key.family == result::Family::collective)
    return "no rate is known that holds for all pairs of these GPUs";
  if (cell.key.family == result::Family::host && cell.key.numa_node) {
    return "memory of another NUMA node: what joins it to the card's is not known";
  }
  if (cell.key.family == result::Family::host &&
      machine.machine_class == machine::Class::unified_pool) {
    return "a copy within the pool: the pool's kernels say what it could reach";
  }
  if (cell.key.family == result::Family::host)
    return "what joins the GPU and the host could not be read";
  if (cell.key.memory == result::MemoryKind::plain &&
      gpu_behind_host_link(machine, cell) != nullptr) {
    return "plain memory lies with whoever touched it first, or where the driver moved it: which "
           "way it was read is not known";
  }
  if (cell.key.family != result::Family::peer) {
    return "what this memory could reach is not known: neither the driver nor a named source says";
  }
  const machine::PeerLink* link = peer_link(machine, cell);
  if (link == nullptr) return "the machine's description has no such pair of GPUs";
  if (link->nvlink.value == Tri::unknown) {
    return fmt::format(
        "what joins {} and {} is not confirmed ({}); with NVML the ceiling would be "
        "known",
        cell.src, cell.dst, link->nvlink.raw);
  }
  if (is_no(link->nvlink.value)) {
    return "peer access without NVLink: the PCIe links between the GPUs could not be read";
  }
  return "NVML reports no rate for these NVLinks; a newer driver may";
}

bool over_pcie(const result::Cell& cell, const machine::Machine& machine) {
  const machine::PeerLink* link = peer_link(machine, cell);
  return cell.key.family == result::Family::peer && link != nullptr && is_no(link->nvlink.value);
}

const char* healthy(const result::Cell& cell, const machine::Machine& machine) {
  const bool memory =
      cell.key.family == result::Family::pool && gpu_behind_host_link(machine, cell) == nullptr;
  return memory ? "cards" : "links";
}

/// What a person can do about a low rate.
std::string why_low(const result::Cell& cell, const machine::Machine& machine) {
  if (over_c2c(machine, cell)) {
    return "look for other work on the GPU (nvidia-smi) and on the CPU, and whether all C2C links "
           "are up (nvidia-smi c2c -s), then measure again";
  }
  if (gpu_behind_host_link(machine, cell) != nullptr) {
    return "look for other work on the GPU (nvidia-smi), for PCIe replays (nvidia-smi -q) and at "
           "how the link runs under load (peerbench machine), then measure again";
  }
  const machine::PeerLink* link = peer_link(machine, cell);
  if (over_pcie(cell, machine)) {
    return "look for other work on the GPUs (nvidia-smi), for PCIe replays (nvidia-smi -q), and "
           "for "
           "ports that redirect peer traffic (peerbench machine), then measure again";
  }
  if (link != nullptr && link->links_present.value_or(0) > link->links_up.value_or(0)) {
    return fmt::format(
        "only {} of {} NVLinks are up: reseat the bridge; also look for other work "
        "on the GPUs (nvidia-smi)",
        link->links_up.value_or(0), *link->links_present);
  }
  return "look for other work on the GPUs (nvidia-smi), lowered clocks (nvidia-smi -q -d "
         "PERFORMANCE) and link errors (nvidia-smi nvlink --errorcounters), then measure again";
}

/// A copy that would take less than this at its ceiling is not called low: what starts it, 2 to 3
/// us over NVLink and by kernels, would take a tenth and more of it.
constexpr double shortest_judged_us = 30;

/// Microseconds of one repetition at the ceiling; a cell that counts both ways, or reads and
/// writes, counts its bytes that often.
double us_at_ceiling(const result::Cell& cell) {
  double times = cell.key.shape == result::Shape::bi ? 2 : 1;
  if (cell.counts == result::Counts::traffic) {
    times = cell.key.op == result::Op::triad ? 3 : cell.key.op == result::Op::copy ? 2 : 1;
  }
  return times * static_cast<double>(cell.bytes.value_or(0)) / (cell.ceiling->value * 1e3);
}

/// Whether the samples of a rate that had not settled go up, as while clocks do. One that falls or
/// wavers is judged: that is how throttled and faulty cards look.
bool still_rises(const result::Cell& cell) {
  constexpr double more = 1.01;  // than warm-up asks of rates that have settled
  if (cell.settled.value_or(true) || cell.samples.size() < 2) return false;
  const std::span<const double> samples = cell.samples;
  const std::size_t quarter = std::max<std::size_t>(1, samples.size() / 4);
  return measure::summarize(samples.last(quarter)).median >
         more * measure::summarize(samples.first(quarter)).median;
}

/// Above its ceiling by more than clocks, counters and rounding explain.
constexpr double impossible_share = 1.05;

/// Why the ceiling cannot be right that a rate lies so far above.
std::string why_impossible(const result::Cell& cell, const machine::Machine& machine) {
  const bool memory =
      cell.key.family == result::Family::pool && gpu_behind_host_link(machine, cell) == nullptr;
  return fmt::format("{:.0f} % of {:.2f} GB/s ({}): {}", *cell.efficiency * 100,
                     cell.ceiling->value, cell.ceiling->source,
                     memory ? "more than a memory gives, so a cache answered, or that ceiling is "
                              "wrong here"
                            : "no link carries more than it can, so that ceiling is wrong here");
}

/// Where the memory ran below its highest clock: what that leaves of a ceiling that is made of it.
std::string memory_clock_words(const result::Cell& cell, const machine::Machine& machine) {
  const auto index = result::gpu_of(cell.key.source);
  const auto gpu = std::ranges::find_if(
      machine.gpus, [&](const machine::Gpu& one) { return index == one.ordinal; });
  if (gpu == machine.gpus.end() || !gpu->memory_clock || cell.key.family != result::Family::pool ||
      gpu_behind_host_link(machine, cell) != nullptr || !is_no(gpu->integrated.value)) {
    return "";
  }
  const auto& [mhz, max_mhz] = *gpu->memory_clock;
  if (mhz >= max_mhz) return "";
  return fmt::format("; its memory ran at {} of {} MHz, which gives at most {:.1f} GB/s", mhz,
                     max_mhz, cell.ceiling->value * mhz / max_mhz);
}

}  // namespace

void judge(result::Cell& cell, const machine::Machine& machine) {
  cell.ceiling.reset();
  cell.band.reset();
  cell.efficiency.reset();
  cell.verdict = result::Verdict::no_ceiling;
  if (cell.status != result::Status::ok || !cell.median) {
    cell.verdict_reason = "not judged: nothing was measured";
    return;
  }
  cell.ceiling = ceiling_for(machine, cell);
  cell.band = band_for(machine, cell);
  if (!cell.ceiling || cell.ceiling->value <= 0) {
    cell.ceiling.reset();
    cell.verdict_reason = why_no_ceiling(cell, machine);
    return;
  }
  cell.efficiency = *cell.median / cell.ceiling->value;
  if (cell.key.family == result::Family::collective) {
    cell.verdict = result::Verdict::not_judged;
    cell.verdict_reason =
        "not judged: how much of a link a collective reaches depends on its size, the ranks and "
        "NCCL";
    return;
  }
  if (cell.key.engine == result::Engine::cpu && cell.key.kind != result::Kind::together) {
    cell.verdict = result::Verdict::not_judged;
    cell.verdict_reason =
        "not judged: CPU cores alone need not reach what the pool gives to CPU and GPU";
    return;
  }
  if (*cell.efficiency > impossible_share) {
    cell.verdict_reason = why_impossible(cell, machine);
    cell.ceiling.reset();
    cell.efficiency.reset();
    return;
  }
  const std::string share = fmt::format("{:.0f} % of {:.2f} GB/s{}", *cell.efficiency * 100,
                                        cell.ceiling->value, memory_clock_words(cell, machine));
  const double enough = good_from(cell, machine).share;
  if (*cell.efficiency >= enough) {
    cell.verdict = result::Verdict::good;
    cell.verdict_reason = fmt::format("{}; {:.0f} % and more is what healthy {} reach in practice",
                                      share, enough * 100, healthy(cell, machine));
  } else if (cell.bytes && us_at_ceiling(cell) < shortest_judged_us) {
    cell.verdict = result::Verdict::not_judged;
    cell.verdict_reason = fmt::format(
        "{} at {}: too small to judge, since it would take {:.2g} us at that rate and its start "
        "takes 2 us and more; larger --sizes are judged",
        share, format_bytes(*cell.bytes), us_at_ceiling(cell));
  } else if (still_rises(cell)) {
    cell.verdict = result::Verdict::not_judged;
    cell.verdict_reason = fmt::format(
        "{}, healthy {} reach {:.0f} % and more: not judged, since the rate still rose from sample "
        "to sample; a larger --budget is judged",
        share, healthy(cell, machine), enough * 100);
  } else {
    cell.verdict = result::Verdict::low;
    cell.verdict_reason = fmt::format("{}, healthy {} reach {:.0f} % and more: {}", share,
                                      healthy(cell, machine), enough * 100, why_low(cell, machine));
  }
}

}  // namespace peerbench::judge
