// SPDX-License-Identifier: Apache-2.0
// What the figures of pools come to: on one chip that there is nothing to bridge, on a superchip or
// beside a lone card how far away the CPU's memory is, beside a link how far behind the card's own
// memory that is.
#include <fmt/format.h>

#include <algorithm>

#include "machine/behaviour.hpp"
#include "report/cells.hpp"
#include "report/conclusion.hpp"
#include "report/numbers.hpp"

namespace peerbench::report {
namespace {

using machine::Class;
using result::Cell;
using result::Status;

/// The fastest ok cell that `matches`; null when there is none.
const Cell* fastest(const result::Run& run, auto matches) {
  const Cell* best = nullptr;
  for (const Cell& cell : run.cells) {
    if (cell.status != Status::ok || !cell.median || cell.unit != "GB/s" || !matches(cell))
      continue;
    // Of sizes that were asked for a short one tells what starts a kernel, or of a cache.
    const bool unjudged =
        cell.key.engine == result::Engine::sm && cell.verdict == result::Verdict::not_judged;
    if (!run.settings.sizes.empty() && unjudged) continue;
    if (best == nullptr || *cell.median > *best->median) best = &cell;
  }
  return best;
}

bool reads_own(const Cell& cell) {
  return is_pool(cell) && cell.key.engine == result::Engine::sm &&
         cell.key.op == result::Op::read && cell.key.memory == result::MemoryKind::device;
}

/// By kernels on the CPU's memory, over what joins the two. Pinned memory stays there; pageable
/// memory may have moved.
bool on_host(const Cell& cell, const char* op) {
  return is_pool(cell) && cell.key.engine == result::Engine::sm && cell.op == op &&
         cell.key.memory == result::MemoryKind::pinned;
}

/// Of its own node; of all nodes together is no CPU's own.
bool reads_by_cpu(const Cell& cell) {
  return is_pool(cell) && cell.src != "hosts" && cell.key.engine == result::Engine::cpu &&
         cell.key.op == result::Op::read && !is_together(cell);
}

std::string read_words(const result::Run& run) {
  std::string words;
  if (const Cell* gpu = fastest(run, reads_own)) {
    words = fmt::format("the GPU reads it at {} GB/s", format_rate(gpu->median));
  }
  if (const Cell* cpu = fastest(run, reads_by_cpu)) {
    words += words.empty() ? fmt::format("the CPU reads it at {} GB/s", format_rate(cpu->median))
                           : fmt::format(", the CPU at {}", format_rate(cpu->median));
  }
  const Cell* both = fastest(run, is_together);
  if (both != nullptr && !words.empty()) {
    words += fmt::format(", both at once at {}", format_rate(both->median));
  }
  return words;
}

/// What all of a CPU's cores read while a GPU reads: of `memory`; null: not measured.
const Cell* both_reading(const result::Run& run, const char* memory) {
  const Cell* found = nullptr;
  for (const Cell& cell : run.cells) {
    const bool fits = is_together(cell) && cell.status == Status::ok && cell.cores.empty() &&
                      gpu_memory(cell) == memory && cell.flows.size() == 2;
    if (fits && found == nullptr) found = &cell;
  }
  return found;
}

/// ", at 440 while the GPU reads its own, and at 245 while the GPU reads there too (at 245)"
std::string beside_gpu(const result::Run& run) {
  std::string words;
  if (const Cell* cell = both_reading(run, "device")) {
    words += fmt::format(", at {} while the GPU reads its own", format_rate(cell->flows[1].median));
  }
  if (const Cell* cell = both_reading(run, "pinned")) {
    words += fmt::format(", at {} while the GPU reads there too (at {})",
                         format_rate(cell->flows[1].median), format_rate(cell->flows[0].median));
  }
  return words;
}

/// "9.9 times", "21 times".
std::string times(double ratio) { return fmt::format("{:.{}f} times", ratio, ratio < 10 ? 1 : 0); }

/// Where the GPU's memory is not the CPU's: what the GPU reads of each. None where one of them was
/// not measured, or both are read alike.
std::vector<Text> two_memories(const result::Run& run) {
  const Cell* own = fastest(run, reads_own);
  const Cell* host = fastest(run, [](const Cell& cell) { return on_host(cell, "read"); });
  if (own == nullptr || host == nullptr || *host->median <= 0) return {};
  const double ratio = *own->median / *host->median;
  if (ratio < machine::separate_factor) return {};
  const bool c2c =
      std::ranges::any_of(run.machine.gpus, [](const auto& gpu) { return !!gpu.c2c_ceiling; });
  const bool coherent = run.machine.machine_class == Class::coherent_superchip;
  const char* subject = run.machine.gpus.size() == 1 ? "the GPU" : "each GPU";
  std::string words = coherent ? fmt::format("CPU and GPU each have a memory{}: ",
                                             c2c ? ", joined by NVLink-C2C" : ", coherent")
                               : "The GPU's memory is not the CPU's: ";
  words += fmt::format("{} reads its own at {} GB/s and the CPU's at {}, {} slower", subject,
                       format_rate(own->median), format_rate(host->median), times(ratio));
  if (const Cell* out = fastest(run, [](const Cell& cell) { return on_host(cell, "write"); })) {
    words += fmt::format("; it writes to the CPU's at {}", format_rate(out->median));
  }
  std::vector<Text> lines = {{words + "."}};
  if (const Cell* cpu = fastest(run, reads_by_cpu); coherent && cpu != nullptr) {
    const bool one = std::ranges::count_if(run.machine.pools, [](const machine::Pool& pool) {
                       return pool.cores > 0;
                     }) == 1;
    lines.emplace_back(fmt::format("{} CPU reads its own at {} GB/s{}.", one ? "The" : "Each",
                                   format_rate(cpu->median), beside_gpu(run)));
  }
  return lines;
}

/// Of a lone superchip, whose C2C is easily taken for a link to another card.
std::vector<Text> superchip(const result::Run& run) {
  std::vector<Text> lines = two_memories(run);
  if (run.machine.gpus.size() == 1 && !run.machine.proof.empty()) {
    lines.emplace_back(
        "One GPU is visible, so there is no peer link to measure; NVLink-C2C to the CPU is not "
        "one.");
  }
  return lines;
}

}  // namespace

std::vector<Text> pool_conclusions(const result::Run& run) {
  if (run.machine.machine_class == Class::unified_pool) {
    if (run.machine.proof.empty()) return {};
    const std::string words = read_words(run);
    return {
        {fmt::format("There is no peer link and nothing to bridge: CPU and GPU work on one pool "
                     "of memory{}{}.",
                     words.empty() ? "" : "; ", words)},
        {"A model split over two such machines would talk over their network, which is not "
         "measured here."}};
  }
  if (run.machine.machine_class == Class::coherent_superchip) return superchip(run);
  if (run.machine.machine_class == Class::single_gpu) return two_memories(run);
  const Cell* peer = fastest(run, [](const Cell& cell) {
    return cell.key.family == result::Family::peer && cell.key.shape == result::Shape::uni &&
           cell.flows.size() <= 1;
  });
  std::optional<double> least, most;  // of what each card reads of its own
  for (const auto& gpu : run.machine.gpus) {
    const std::string id = fmt::format("gpu{}", gpu.ordinal);
    const Cell* own =
        fastest(run, [&](const Cell& cell) { return reads_own(cell) && cell.src == id; });
    if (own == nullptr) continue;
    least = std::min(least.value_or(*own->median), *own->median);
    most = std::max(most.value_or(*own->median), *own->median);
  }
  if (!least || peer == nullptr || *peer->median <= 0) return {};
  if (*least / *peer->median < 1.05) return {};
  constexpr double alike = 1.1;  // cards of one model differ by less
  if (*most < alike * *least) {
    return {{fmt::format("A card reads its own memory at {} GB/s: from card to card is {} slower.",
                         format_rate(most), times(*most / *peer->median))}};
  }
  return {
      {fmt::format("The cards read their own memory at {} to {} GB/s: from card to card is {} "
                   "slower than the slowest of them.",
                   format_rate(least), format_rate(most), times(*least / *peer->median))}};
}

}  // namespace peerbench::report
