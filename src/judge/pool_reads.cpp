// SPDX-License-Identifier: Apache-2.0
#include "judge/pool_reads.hpp"

#include <algorithm>
#include <iterator>

#include "machine/behaviour.hpp"
#include "measure/plan.hpp"

namespace peerbench::judge {

namespace {

/// Of each memory the first touched by the GPU, or by whoever touched it; at the largest size.
/// What a cache holds, or what is so short that its launch is most of it, says nothing of memories.
std::vector<machine::ReadRate> reads_of(const result::Run& run, int gpu, Bytes l2_bytes) {
  const bool no_caches = run.simulated || run.settings.sizes.empty();
  std::vector<machine::ReadRate> rates;
  for (const auto memory : {result::MemoryKind::device, result::MemoryKind::managed,
                            result::MemoryKind::pinned, result::MemoryKind::pageable}) {
    const result::Cell* found = nullptr;
    for (const result::Cell& cell : run.cells) {
      const bool fits =
          cell.key.family == result::Family::pool && cell.key.engine == result::Engine::sm &&
          cell.key.op == result::Op::read && cell.key.memory == memory &&
          result::gpu_of(cell.key.source) == gpu && cell.status == result::Status::ok &&
          !cell.key.touched_by_cpu && !cell.key.host_resident && cell.flows.size() <= 1 &&
          cell.verdict != result::Verdict::not_judged && (no_caches || cell.bytes >= 4 * l2_bytes);
      if (fits && (found == nullptr || cell.bytes > found->bytes)) found = &cell;
    }
    if (found != nullptr) rates.push_back({memory, found->median.value_or(0)});
  }
  return rates;
}

}  // namespace

void join_pool_reads(result::Run& run) {
  for (const machine::Gpu& gpu : run.machine.gpus) {
    machine::add_behaviour(run.machine, gpu.ordinal, reads_of(run, gpu.ordinal, gpu.l2_bytes));
  }
  std::ranges::move(run.machine.findings, std::back_inserter(run.findings));
  run.machine.findings.clear();
}

}  // namespace peerbench::judge
