// What the figures of pools come to: on one chip that there is nothing to bridge, beside a link how
// far behind the card's own memory it is.
#include <fmt/format.h>

#include <algorithm>

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
    if (best == nullptr || *cell.median > *best->median) best = &cell;
  }
  return best;
}

bool reads_own(const Cell& cell) {
  return is_pool(cell) && cell.engine == "sm" && cell.op == "read" && cell.memory == "device";
}

bool reads_by_cpu(const Cell& cell) {
  return is_pool(cell) && cell.engine == "cpu" && cell.op == "read" && cell.kind != "together";
}

std::string read_words(const result::Run& run) {
  std::string words;
  if (const Cell* gpu = fastest(run, reads_own)) {
    words = fmt::format("the GPU reads it at {} GB/s", format_rate(gpu->median));
  }
  if (const Cell* cpu = fastest(run, reads_by_cpu)) {
    words += fmt::format("{}the CPU at {}", words.empty() ? "" : ", ", format_rate(cpu->median));
  }
  const Cell* both = fastest(run, [](const Cell& cell) { return cell.kind == "together"; });
  if (both != nullptr && !words.empty()) {
    words += fmt::format(", both at once at {}", format_rate(both->median));
  }
  return words;
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
  const Cell* local = fastest(run, reads_own);
  const Cell* peer = fastest(run, [](const Cell& cell) {
    return cell.family == "peer" && cell.direction == "uni" && cell.flows.size() <= 1;
  });
  if (local == nullptr || peer == nullptr || *peer->median <= 0) return {};
  const double ratio = *local->median / *peer->median;
  if (ratio < 1.05) return {};
  return {
      {fmt::format("A card reads its own memory at {} GB/s: from card to card is {:.{}f} times "
                   "slower.",
                   format_rate(local->median), ratio, ratio < 10 ? 1 : 0)}};
}

}  // namespace peerbench::report
