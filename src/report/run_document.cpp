// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/conclusion.hpp"
#include "report/machine_parts.hpp"
#include "report/machine_words.hpp"
#include "report/numbers.hpp"
#include "report/render.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using machine::Class;
using result::Cell;
using result::Counts;
using result::Status;
using result::Verdict;

bool any(const result::Run& run, auto matches) { return std::ranges::any_of(run.cells, matches); }

bool any_status(const result::Run& run, Status status) {
  return any(run, [=](const Cell& cell) { return cell.status == status; });
}

bool all_verified(const result::Run& run) {
  return any_status(run, Status::ok) && !any(run, [](const Cell& cell) {
           return cell.status == Status::corrupt ||
                  (cell.status == Status::ok && !cell.verified.value_or(false));
         });
}

std::string counted(const result::Run& run) {
  std::string words = "GB/s is 1e9 bytes per second";
  const auto one_way = [&](bool host) {
    return any(run, [=](const Cell& cell) {
      return cell.counts == Counts::one_way && is_host(cell) == host;
    });
  };
  const bool pool = run.machine.machine_class == Class::unified_pool;
  if (one_way(false)) words += "; between cards, bytes one way";
  if (!one_way(false) && one_way(true)) {
    words += pool ? "; of copies within the pool, bytes copied"
                  : "; between host and card, bytes one way";
  }
  if (any(run, [](const Cell& cell) { return cell.counts == Counts::traffic; })) {
    words += "; in a memory pool, traffic: bytes read + written";
  }
  if (any(run, [](const Cell& cell) { return cell.counts == Counts::busbw; })) {
    words += "; of a collective, busbw";
  }
  return words;
}

Section without_gpu(const result::Run& run) {
  Section section{"No GPU to measure", {}};
  std::ranges::copy(run.machine.advice, std::back_inserter(section.lines));
  section.lines.emplace_back(
      "A dual-card machine, simulated: peerbench --simulate dual-rtx3090-nvlink");
  section.lines.emplace_back("All simulated machines: peerbench machines");
  return section;
}

/// The proof; a file of before there was one has the evidence. Where another GPU is hidden nothing
/// is said of peer links.
Section one_chip(const result::Run& run) {
  Section proof = proof_section(run.machine);
  if (!proof.lines.empty()) return proof;
  const bool hidden = std::ranges::count(run.machine.modifiers, machine::Modifier::hidden_gpus) > 0;
  Section section = evidence_section(run.machine);
  section.title = hidden ? "CPU and GPU share one memory pool"
                         : "No peer (GPU-to-GPU) NVLink on this machine: CPU and GPU share one "
                           "memory pool";
  return section;
}

Section worth_knowing(const result::Run& run) {
  Section section{"Worth knowing", {}};
  if (run.machine.machine_class != Class::no_gpu) {
    std::ranges::copy(run.machine.advice, std::back_inserter(section.lines));
  }
  return section;
}

std::vector<std::string> next(const result::Run& run) {
  const auto again = [&](auto matches) {
    return fmt::format("peerbench run --filter '{}'",
                       std::ranges::find_if(run.cells, matches)->name);
  };
  if (any_status(run, Status::corrupt)) {
    return {
        "Data arrived wrong: do not use this way of copying until that is found. Repeat it "
        "with " +
        again([](const Cell& cell) { return cell.status == Status::corrupt; })};
  }
  if (any_status(run, Status::hang)) {
    return {"A copy never ended: look for Xid errors in the kernel log, then repeat it with " +
            again([](const Cell& cell) { return cell.status == Status::hang; })};
  }
  const auto low = [](const Cell& cell) {
    return cell.status == Status::ok && cell.verdict == Verdict::low;
  };
  if (any(run, low)) {
    return {
        "A rate marked * is low, the reason stands below its table. After a change repeat it "
        "with " +
        again(low)};
  }
  if (run.cells.empty() && !run.settings.filter.empty()) {
    return {nothing_matches(run.settings.filter)};
  }
  if (!any_status(run, Status::ok)) {
    return {
        "Nothing was measured. `peerbench list` names what can be measured here, `peerbench "
        "machine` says what is in the box."};
  }
  if (run.settings.split && run.estimates.empty()) {
    return {
        "Keep it with --output FILE; then `peerbench estimate` with the same --model and --from "
        "FILE says what a token costs."};
  }
  if (run.simulated) {
    return {"On the real machine run the same command without --simulate."};
  }
  if (run.machine.machine_class == Class::no_gpu) {
    return {"Run it again on the machine with the GPUs; keep a run with --output FILE."};
  }
  return {
      "Keep this run with --output FILE; `peerbench machine` shows why the machine is of this "
      "class."};
}

}  // namespace

Document run_document(const result::Run& run) {
  Document document = opening(run);
  for (const auto& pool : run.machine.pools) {
    if (!pool.id.starts_with("gpu") && !pool.description.empty()) {
      const std::string left =
          pool.available_bytes == 0
              ? ""
              : fmt::format("; {} of {} available", format_bytes(pool.available_bytes),
                            format_bytes(pool.total_bytes));
      document.header.push_back({pool.id, pool.description + left});
    }
  }
  if (const auto words = load_words(run.machine); !words.empty()) {
    document.header.push_back({"PCIe", words});
  }
  if (!run.simulated) document.header.push_back({"measured", "on this machine, " + run.started});
  document.header.push_back({"counted", counted(run)});
  if (all_verified(run)) {
    document.header.push_back({"verified", "all data, where it arrived, after the timed runs"});
  }
  if (auto found = finding_section(run); !found.lines.empty()) document.blocks.push_back(found);
  auto lines = conclusions(run);
  // Beside wrong data no figure is worth a sentence.
  if (lines.empty() || lines.front().tone != Tone::bad) {
    std::ranges::copy(pool_conclusions(run), std::back_inserter(lines));
  }
  if (run.settings.split && select(run, is_split).empty() && !run.machine.gpus.empty()) {
    lines.emplace_back(
        fmt::format("{} on one card is not split: nothing crosses a link, and there are no "
                    "messages to measure.",
                    run.settings.split->model));
  }
  if (!lines.empty()) {
    document.blocks.push_back(Section{"In short", std::move(lines)});
  }
  if (run.machine.machine_class == Class::unified_pool) document.blocks.push_back(one_chip(run));
  std::ranges::move(figure_tables(run), std::back_inserter(document.blocks));
  if (run.machine.machine_class == Class::no_gpu) document.blocks.push_back(without_gpu(run));
  if (auto more = worth_knowing(run); !more.lines.empty()) document.blocks.push_back(more);
  document.next = next(run);
  return document;
}

}  // namespace peerbench::report
