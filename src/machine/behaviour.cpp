// SPDX-License-Identifier: Apache-2.0
#include "machine/behaviour.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/tri.hpp"
#include "machine/proof.hpp"

namespace peerbench::machine {

namespace {

const ReadRate* find(const std::vector<ReadRate>& rates, peerbench::MemoryKind memory) {
  const auto found = std::ranges::find(rates, memory, &ReadRate::memory);
  return found == rates.end() ? nullptr : &*found;
}

/// Of the host's own memory: pinned, which stays there. Pageable memory lies with who touched it
/// first on a superchip, and moves to a card that can fault; managed memory is where it was last
/// used.
const ReadRate* of_host(const std::vector<ReadRate>& rates) {
  const ReadRate* pinned = find(rates, peerbench::MemoryKind::pinned);
  return pinned != nullptr ? pinned : find(rates, peerbench::MemoryKind::pageable);
}

bool measured(const std::vector<ReadRate>& rates) {
  return find(rates, peerbench::MemoryKind::device) != nullptr && of_host(rates) != nullptr;
}

Evidence line_of(int ordinal, const std::vector<ReadRate>& rates, Pools pools) {
  std::string memories;
  std::string figures;
  for (const ReadRate& rate : rates) {
    memories += fmt::format("{}{}", memories.empty() ? "" : " / ", to_string(rate.memory));
    figures += figures.empty() ? "" : " / ";
    figures += rate.gbs < 1000 ? fmt::format("{:.3g}", rate.gbs) : fmt::format("{:.0f}", rate.gbs);
  }
  const auto [least, most] = std::ranges::minmax(rates, {}, &ReadRate::gbs);
  std::string meaning = "neither alike nor apart by a factor: decides nothing";
  if (pools == Pools::one) {
    meaning = fmt::format("alike within {:.1f} %: one pool of memory, by behaviour",
                          100 * (most.gbs / least.gbs - 1));
  } else if (pools == Pools::separate) {
    meaning = fmt::format("the host's memory is read {:.1f} times slower: another memory",
                          find(rates, peerbench::MemoryKind::device)->gbs / of_host(rates)->gbs);
  }
  return {fmt::format("gpu{} reads {}", ordinal, memories), figures + " GB/s", meaning};
}

/// One more step of a proof that there is one pool.
void confirm(Machine& machine, Evidence line) {
  if (machine.proof.empty()) return;
  machine.proof.push_back(std::move(line));
  if (machine.one_pool_steps.empty()) return;
  machine.one_pool_steps.push_back(static_cast<int>(machine.proof.size()));
  machine.proof_verdict = describe_proof(machine);
}

Finding contradiction(int ordinal, const Evidence& line, Pools pools) {
  return make_finding(pools == Pools::one ? FindingCode::memory_reads_as_one_pool
                                          : FindingCode::memory_reads_as_separate,
                      {gpu_subject(ordinal)}, {},
                      {{"reads", fmt::format("{} {}: {}", line.asked, line.answer, line.meaning)}});
}

}  // namespace

Pools pools_by_reads(const std::vector<ReadRate>& rates) {
  if (!measured(rates)) return Pools::unclear;
  const auto [least, most] = std::ranges::minmax(rates, {}, &ReadRate::gbs);
  if (least.gbs <= 0) return Pools::unclear;
  if (most.gbs <= (1 + run_to_run_band) * least.gbs) return Pools::one;
  const bool apart =
      separate_factor * of_host(rates)->gbs <= find(rates, peerbench::MemoryKind::device)->gbs;
  return apart ? Pools::separate : Pools::unclear;
}

void add_behaviour(Machine& machine, int ordinal, const std::vector<ReadRate>& rates) {
  const Gpu* gpu = find_gpu(machine, ordinal);
  if (gpu == nullptr || !measured(rates)) return;
  const Pools pools = pools_by_reads(rates);
  const Evidence line = line_of(ordinal, rates, pools);
  machine.evidence.push_back(line);
  const bool contradicts = (pools == Pools::one && is_no(gpu->integrated.value)) ||
                           (pools == Pools::separate && is_yes(gpu->integrated.value));
  if (contradicts) machine.findings.push_back(contradiction(ordinal, line, pools));
  if (pools == Pools::one && is_yes(gpu->integrated.value)) confirm(machine, line);
}

}  // namespace peerbench::machine
