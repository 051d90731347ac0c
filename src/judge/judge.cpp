// SPDX-License-Identifier: Apache-2.0
#include "judge/judge.hpp"

#include <algorithm>
#include <span>

#include "judge/band.hpp"
#include "judge/bounds.hpp"
#include "judge/ceiling.hpp"
#include "judge/families.hpp"
#include "judge/host_link.hpp"
#include "judge/peer_link.hpp"
#include "measure/statistics.hpp"

namespace peerbench::judge {

namespace {

using result::Cause;

bool over_pcie(const result::Cell& cell, const machine::Machine& machine) {
  const machine::PeerLink* link = peer_link(machine, cell);
  return cell.key.family == result::Family::peer && link != nullptr && is_no(link->nvlink.value);
}

/// Whether the ceiling is of a memory and not of a link.
bool of_memory(const result::Cell& cell, const machine::Machine& machine) {
  return cell.key.family == result::Family::pool && gpu_behind_host_link(machine, cell) == nullptr;
}

/// Where to look for what makes a rate low.
Cause why_low(const result::Cell& cell, const machine::Machine& machine) {
  if (over_c2c(machine, cell)) return Cause::c2c_slow;
  if (gpu_behind_host_link(machine, cell) != nullptr) return Cause::host_link_slow;
  if (over_pcie(cell, machine)) return Cause::pcie_peer_slow;
  const machine::PeerLink* link = peer_link(machine, cell);
  const bool down = link != nullptr && link->links_present.value_or(0) > link->links_up.value_or(0);
  return down ? Cause::links_down : Cause::link_slow;
}

/// A copy that would take less than this at its ceiling is not called low: what starts it, 2 to 3
/// us over NVLink and by kernels, would take a tenth and more of it.
constexpr double shortest_judged_us = 30;

/// Microseconds of one repetition at the ceiling; a cell that counts both ways, or reads and
/// writes, counts its bytes that often.
double us_at_ceiling(const result::Cell& cell) {
  const bool traffic = cell.counts == result::Counts::traffic;
  const int times = traffic                               ? row_of(cell.key.op)->arrays
                    : cell.key.shape == result::Shape::bi ? 2
                                                          : 1;
  return times * static_cast<double>(cell.bytes.value_or(0)) / (cell.ceiling->value * 1e3);
}

/// Whether the samples of a rate that had not settled go up, as while clocks do. One that falls or
/// wavers is judged: that is how throttled and faulty GPUs look.
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

/// Where the memory ran below its highest clock, of which its ceiling is made: both in MHz.
void add_memory_clock(const result::Cell& cell, const machine::Machine& machine,
                      machine::Figures& figures) {
  const auto index = result::gpu_of(cell.key.source);
  const machine::Gpu* gpu = index ? machine::find_gpu(machine, *index) : nullptr;
  if (gpu == nullptr || !gpu->memory_clock || !of_memory(cell, machine) ||
      !is_no(gpu->integrated.value)) {
    return;
  }
  const auto& [mhz, max_mhz] = *gpu->memory_clock;
  if (mhz >= max_mhz) return;
  figures.emplace_back("memory_mhz", mhz);
  figures.emplace_back("memory_max_mhz", max_mhz);
}

/// A rate without a ceiling that it could be held against.
void without_ceiling(result::Cell& cell, Cause cause, const machine::Machine& machine) {
  cell.verdict = result::Verdict::no_ceiling;
  cell.basis->cause = cause;
  if (cause == Cause::link_unconfirmed) {
    cell.basis->quotes = {{"nvlink", peer_link(machine, cell)->nvlink.raw}};
  }
  if (cause == Cause::above_memory || cause == Cause::above_link) {
    cell.basis->figures = {{"share", *cell.efficiency}, {"ceiling_gbs", cell.ceiling->value}};
    cell.basis->quotes = {{"ceiling", cell.ceiling->source}};
  }
  cell.ceiling.reset();
  cell.efficiency.reset();
}

void against_threshold(result::Cell& cell, const machine::Machine& machine) {
  result::Basis& basis = *cell.basis;
  const Bound bound = good_from(cell, machine);
  basis.threshold = bound.share;
  basis.source = bound.source;
  basis.quotes = {{"healthy", of_memory(cell, machine) ? "GPUs" : "links"}};
  add_memory_clock(cell, machine, basis.figures);
  if (*cell.efficiency >= bound.share) {
    cell.verdict = result::Verdict::good;
    basis.cause = Cause::reached;
  } else if (cell.bytes && us_at_ceiling(cell) < shortest_judged_us) {
    cell.verdict = result::Verdict::not_judged;
    basis.cause = Cause::too_small;
    basis.figures.emplace_back("us_at_ceiling", us_at_ceiling(cell));
  } else if (still_rises(cell)) {
    cell.verdict = result::Verdict::not_judged;
    basis.cause = Cause::still_rising;
  } else {
    cell.verdict = result::Verdict::low;
    basis.cause = why_low(cell, machine);
    if (basis.cause != Cause::links_down) return;
    const machine::PeerLink* link = peer_link(machine, cell);
    basis.figures.emplace_back("links_up", link->links_up.value_or(0));
    basis.figures.emplace_back("links_present", *link->links_present);
  }
}

void decide(result::Cell& cell, const machine::Machine& machine) {
  if (cell.status != result::Status::ok || !cell.median) {
    return without_ceiling(cell, Cause::nothing_measured, machine);
  }
  cell.ceiling = ceiling_for(machine, cell);
  cell.band = band_for(machine, cell);
  if (!cell.ceiling || cell.ceiling->value <= 0) {
    return without_ceiling(cell, rules_of(cell.key.family).why_none(machine, cell), machine);
  }
  cell.efficiency = *cell.median / cell.ceiling->value;
  cell.verdict = result::Verdict::not_judged;
  if (cell.key.family == result::Family::collective) {
    cell.basis->cause = Cause::collective;
  } else if (cell.key.engine == result::Engine::cpu && cell.key.kind != result::Kind::together) {
    cell.basis->cause = Cause::cores_alone;
  } else if (*cell.efficiency > impossible_share) {
    without_ceiling(cell, of_memory(cell, machine) ? Cause::above_memory : Cause::above_link,
                    machine);
  } else {
    against_threshold(cell, machine);
  }
}

}  // namespace

void judge(result::Cell& cell, const machine::Machine& machine) {
  cell.ceiling.reset();
  cell.band.reset();
  cell.efficiency.reset();
  cell.basis = result::Basis{};
  decide(cell, machine);
  cell.verdict_reason = result::verdict_sentence(cell);
}

}  // namespace peerbench::judge
