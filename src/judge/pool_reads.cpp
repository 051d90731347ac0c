// SPDX-License-Identifier: Apache-2.0
#include "judge/pool_reads.hpp"

#include <algorithm>
#include <iterator>

#include "judge/pool_cells.hpp"
#include "machine/behaviour.hpp"

namespace peerbench::judge {

namespace {

/// Pages that lay where they were read, at the GPU alone. What is so short that its launch is most
/// of it says nothing of memories.
bool tells_of_memory(const result::Cell& cell) {
  return !cell.key.touched_by_cpu && !cell.key.host_resident && cell.flows.size() <= 1 &&
         cell.verdict != result::Verdict::not_judged;
}

/// Of each memory the first touched by the GPU, or by whoever touched it; at the largest size, past
/// what a cache holds.
std::vector<machine::ReadRate> reads_of(const result::Run& run, const machine::Gpu& gpu) {
  const bool no_caches = run.simulated || run.settings.sizes.empty();
  std::vector<machine::ReadRate> rates;
  for (const auto memory : {result::MemoryKind::device, result::MemoryKind::managed,
                            result::MemoryKind::pinned, result::MemoryKind::pageable}) {
    const result::Cell* found = largest_pool_cell(
        run, {.gpu = gpu.ordinal, .memory = memory}, [&](const result::Cell& cell) {
          return tells_of_memory(cell) && (no_caches || cell.bytes >= 4 * gpu.l2_bytes);
        });
    if (found != nullptr) rates.push_back({memory, *found->median});
  }
  return rates;
}

}  // namespace

void join_pool_reads(result::Run& run) {
  for (const machine::Gpu& gpu : run.machine.gpus) {
    machine::add_behaviour(run.machine, gpu.ordinal, reads_of(run, gpu));
  }
  std::ranges::move(run.machine.findings, std::back_inserter(run.findings));
  run.machine.findings.clear();
}

}  // namespace peerbench::judge
