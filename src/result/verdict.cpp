// SPDX-License-Identifier: Apache-2.0
#include "result/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/units.hpp"
#include "base/wording.hpp"
#include "result/run.hpp"

namespace peerbench::result {

namespace {

double figure(const Cell& cell, std::string_view name) {
  return machine::figure(cell.basis->figures, name);
}

const std::string& quote(const Cell& cell, std::string_view name) {
  return machine::quote(cell.basis->quotes, name);
}

double percent(double share) { return share * 100; }

/// Where the memory ran below its highest clock: what that leaves of a ceiling that is made of it.
std::string memory_clock(const Cell& cell) {
  const double mhz = figure(cell, "memory_mhz"), most = figure(cell, "memory_max_mhz");
  if (!(mhz < most)) return "";
  return fmt::format("; its memory ran at {:.0f} of {:.0f} MHz, which gives at most {:.1f} GB/s",
                     mhz, most, cell.ceiling->value * mhz / most);
}

std::string of_ceiling(const Cell& cell) {
  return fmt::format(" % of {:.2f} GB/s{}", cell.ceiling->value, memory_clock(cell));
}

/// ", healthy links reach 80 % and more: " and what a person can do about it.
std::string low_rate(const Cell& cell, std::string_view advice) {
  return fmt::format("{}, healthy {} reach {:.0f} % and more: {}", of_ceiling(cell),
                     quote(cell, "healthy"), percent(cell.basis->threshold.value_or(0)), advice);
}

/// Why the ceiling cannot be right that a rate lies so far above.
std::string impossible(const Cell& cell, std::string_view why) {
  return fmt::format(" % of {:.2f} GB/s ({}): {}", figure(cell, "ceiling_gbs"),
                     quote(cell, "ceiling"), why);
}

/// How its sentence begins: with the share of the ceiling, with that and what healthy ones reach
/// before the advice for a low rate, with "not judged: ", or with its words.
enum class Begins { with_share, low, not_judged, at_once };

struct Row {
  Cause cause;
  const char* name;
  Begins begins;
  Wording<Cell> words;
};

constexpr Row rows[] = {
    {Cause::reached, "reached", Begins::with_share,
     [](const Cell& cell) {
       return fmt::format("{}; {:.0f} % and more is what healthy {} reach in practice",
                          of_ceiling(cell), percent(cell.basis->threshold.value_or(0)),
                          quote(cell, "healthy"));
     }},

    {Cause::c2c_slow, "c2c-slow", Begins::low,
     "look for other work on the GPU (nvidia-smi) and on the CPU, and whether all C2C "
     "links are up (nvidia-smi c2c -s), then measure again"},
    {Cause::host_link_slow, "host-link-slow", Begins::low,
     "look for other work on the GPU (nvidia-smi), for PCIe replays (nvidia-smi -q) "
     "and at how the link runs under load (peerbench machine), then measure again"},
    {Cause::pcie_peer_slow, "pcie-peer-slow", Begins::low,
     "look for other work on the GPUs (nvidia-smi), for PCIe replays (nvidia-smi -q), "
     "and for ports that redirect peer traffic (peerbench machine), then measure "
     "again"},
    {Cause::links_down, "links-down", Begins::low,
     [](const Cell& cell) {
       return fmt::format(
           "only {:.0f} of {:.0f} NVLinks are up: reseat the bridge; also look for other work on "
           "the GPUs (nvidia-smi)",
           figure(cell, "links_up"), figure(cell, "links_present"));
     }},
    {Cause::link_slow, "link-slow", Begins::low,
     "look for other work on the GPUs (nvidia-smi), lowered clocks (nvidia-smi -q -d "
     "PERFORMANCE) and link errors (nvidia-smi nvlink --errorcounters), then measure "
     "again"},

    {Cause::nothing_measured, "nothing-measured", Begins::not_judged, "nothing was measured"},
    {Cause::duration, "duration", Begins::at_once,
     "a duration: no source says how short it could be"},
    {Cause::several_pairs, "several-pairs", Begins::at_once,
     "several pairs at once: hold each flow against its pair's own figure"},
    {Cause::staged, "staged", Begins::at_once,
     "staged through host memory: no ceiling of that way round is known for this host"},
    {Cause::pageable, "pageable", Begins::at_once,
     "the driver copies pageable memory through buffers of its own: how fast depends on "
     "the processor, and no ceiling of that is known"},
    {Cause::unlike_links, "unlike-links", Begins::at_once,
     "no rate is known that holds for all pairs of these GPUs"},
    {Cause::far_node, "far-node", Begins::at_once,
     "memory of another NUMA node: what joins it to the GPU's is not known"},
    {Cause::within_pool, "within-pool", Begins::at_once,
     "a copy within the pool: the pool's kernels say what it could reach"},
    {Cause::host_link_unread, "host-link-unread", Begins::at_once,
     "what joins the GPU and the host could not be read"},
    {Cause::first_touch, "first-touch", Begins::at_once,
     "pageable memory lies with whoever touched it first, or where the driver moved it: "
     "which way it was read is not known"},
    {Cause::memory_unknown, "memory-unknown", Begins::at_once,
     "what this memory could reach is not known: neither the driver nor a named source "
     "says"},
    {Cause::pair_unknown, "pair-unknown", Begins::at_once,
     "the machine's description has no such pair of GPUs"},
    {Cause::link_unconfirmed, "link-unconfirmed", Begins::at_once,
     [](const Cell& cell) {
       return fmt::format(
           "what joins {} and {} is not confirmed ({}); with NVML the ceiling would be known",
           cell.src, cell.dst, quote(cell, "nvlink"));
     }},
    {Cause::pcie_unread, "pcie-unread", Begins::at_once,
     "peer access without NVLink: the PCIe links between the GPUs could not be read"},
    {Cause::nvlink_rate_unread, "nvlink-rate-unread", Begins::at_once,
     "NVML reports no rate for these NVLinks; a newer driver may"},
    {Cause::above_memory, "above-memory", Begins::with_share,
     [](const Cell& cell) {
       return impossible(cell,
                         "more than a memory gives, so a cache answered, or that ceiling is wrong "
                         "here");
     }},
    {Cause::above_link, "above-link", Begins::with_share,
     [](const Cell& cell) {
       return impossible(cell, "no link carries more than it can, so that ceiling is wrong here");
     }},

    {Cause::collective, "collective", Begins::not_judged,
     "how much of a link a collective reaches depends on its size, the ranks "
     "and NCCL"},
    {Cause::cores_alone, "cores-alone", Begins::not_judged,
     "CPU cores alone need not reach what the pool gives to CPU and GPU"},
    {Cause::too_small, "too-small", Begins::with_share,
     [](const Cell& cell) {
       return fmt::format(
           "{} at {}: too small to judge, since it would take {:.2g} us at that rate and its start "
           "takes 2 us and more; larger --sizes are judged",
           of_ceiling(cell), format_bytes(cell.bytes.value_or(0)), figure(cell, "us_at_ceiling"));
     }},
    {Cause::still_rising, "still-rising", Begins::with_share,
     [](const Cell& cell) {
       return low_rate(
           cell,
           "not judged, since the rate still rose from sample to sample; a larger --budget "
           "is judged");
     }},
};
static_assert(std::size(rows) == static_cast<std::size_t>(Cause::still_rising) + 1);

const Row& row_of(Cause cause) { return rows[static_cast<std::size_t>(cause)]; }

double share_of(const Cell& cell) {
  return percent(cell.efficiency ? *cell.efficiency : figure(cell, "share"));
}

}  // namespace

const char* to_string(Cause value) { return row_of(value).name; }

std::span<const Cause> all_causes() {
  static const std::vector<Cause> causes = [] {
    std::vector<Cause> found;
    std::ranges::transform(rows, std::back_inserter(found), &Row::cause);
    return found;
  }();
  return causes;
}

bool tells_share(const Cell& cell) {
  if (!cell.basis) return false;
  const Begins begins = row_of(cell.basis->cause).begins;
  return begins == Begins::with_share || begins == Begins::low;
}

std::string low_rate_advice(const Cell& cell) {
  const bool low = cell.basis && row_of(cell.basis->cause).begins == Begins::low;
  return low ? row_of(cell.basis->cause).words.of(cell) : "";
}

std::string verdict_remark(const Cell& cell) {
  if (!cell.basis) return "";
  const std::string advice = low_rate_advice(cell);
  return advice.empty() ? row_of(cell.basis->cause).words.of(cell) : low_rate(cell, advice);
}

std::string verdict_sentence(const Cell& cell) {
  const std::string rest = verdict_remark(cell);
  if (tells_share(cell)) return fmt::format("{:.0f}{}", share_of(cell), rest);
  const bool not_judged = cell.basis && row_of(cell.basis->cause).begins == Begins::not_judged;
  return (not_judged ? "not judged: " : "") + rest;
}

std::string why_not_judged(const Cell& cell) {
  if (!cell.basis) return cell.verdict_reason;
  switch (cell.basis->cause) {
    case Cause::too_small:
      return "so small that starting a kernel takes much of its time";
    case Cause::still_rising:
      return "still rising when sampling ended; a larger --budget is judged";
    default:
      return verdict_remark(cell);
  }
}

}  // namespace peerbench::result
