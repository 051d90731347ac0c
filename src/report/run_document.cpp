// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/describe_machine.hpp"
#include "report/machine_parts.hpp"
#include "report/page.hpp"
#include "report/render.hpp"
#include "report/safe_document.hpp"
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
  if (one_way(false)) words += "; between GPUs, bytes one way";
  if (!one_way(false) && one_way(true)) {
    words += pool ? "; of copies within the pool, bytes copied"
                  : "; between host and GPU, bytes one way";
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

/// "class: discrete-nvlink: ...", a line for each.
Section facts(const result::Run& run) {
  std::vector<Fact> facts = opening(run).header;
  for (const auto& pool : run.machine.pools) {
    if (!pool.id.starts_with("gpu") && !pool.description.empty()) {
      const std::string left =
          pool.available_bytes == 0
              ? ""
              : fmt::format("; {} of {} available", format_bytes(pool.available_bytes),
                            format_bytes(pool.total_bytes));
      facts.push_back({pool.id, pool.description + left});
    }
  }
  if (const auto words = describe_load(run.machine); !words.empty()) {
    facts.push_back({"PCIe", words});
  }
  if (!run.simulated) facts.push_back({"measured", "on this machine, " + run.started});
  facts.push_back({"counted", counted(run)});
  if (all_verified(run)) {
    facts.push_back({"verified", "all data, where it arrived, after the timed runs"});
  }
  Section section{"Machine and run", {}};
  for (const Fact& fact : facts) section.lines.emplace_back(fact.label + ": " + fact.text.words);
  return section;
}

void add_tables(const result::Run& run, std::span<const TableGroup> groups, Document& document) {
  std::ranges::move(figure_tables(run, groups), std::back_inserter(document.blocks));
}

/// Everything below the page.
void add_all(const result::Run& run, Document& document) {
  document.blocks.push_back(facts(run));
  if (run.machine.machine_class == Class::unified_pool) document.blocks.push_back(one_chip(run));
  add_tables(run, result::all_of<TableGroup>, document);
  if (run.machine.machine_class == Class::no_gpu) document.blocks.push_back(without_gpu(run));
  if (auto more = worth_knowing(run); !more.lines.empty()) document.blocks.push_back(more);
}

/// Whoever chooses cells, or a sweep of sizes, wants to see them.
bool chosen(const result::Settings& settings) {
  return !settings.filter.empty() || settings.sizes.size() > 1 || settings.soak_seconds ||
         settings.split;
}

/// What stands in place of tables that there are none of, and what messages are good for.
void add_advice(const result::Run& run, Document& document) {
  if (run.settings.split && run.estimates.empty() && !select(run, is_split).empty()) {
    document.next = {
        "Keep it with --output FILE; then `peerbench estimate` with the same --model and --from "
        "FILE says what a token costs."};
  }
  if (run.cells.empty() && !run.settings.filter.empty()) {
    document.next = {nothing_matches(run.settings.filter)};
  }
  if (run.settings.split && select(run, is_split).empty() && !run.machine.gpus.empty()) {
    document.blocks.emplace_back(
        Section{"",
                {fmt::format("{} on one GPU is not split: nothing crosses a link, and there are no "
                             "messages to measure.",
                             run.settings.split->model)}});
  }
}

}  // namespace

namespace {

Document without_checks(const result::Run& run, const RunView& view) {
  const result::Conclusion conclusion = run.conclusion.value_or(result::Conclusion{});
  const Concluded of{run, conclusion};
  if (!view.sections.empty()) {
    Document document = whole_page(of);
    document.blocks.clear();
    add_tables(run, view.sections, document);
    return document;
  }
  const bool all = view.detail == Detail::all;
  if (!all && !chosen(run.settings)) return page_document(of, view.kept);
  Document document = all ? whole_page(of) : page_document(of, view.kept);
  add_advice(run, document);
  add_all(run, document);
  return document;
}

}  // namespace

Document run_document(const result::Run& run, const RunView& view) {
  Document document = without_checks(run, view);
  add_checks(run, document);
  return document;
}

Document tables_document(const result::Run& run) {
  Document document;
  add_all(run, document);
  return document;
}

std::string verdict_line(const result::Run& run, bool identify) {
  const result::Conclusion conclusion = run.conclusion.value_or(result::Conclusion{});
  Document document{.headline = headline({run, conclusion})};
  const auto [word, words] = *safe_document(std::move(document), identify).headline;
  const std::string required =
      run.checks.empty() ? "" : "Required: " + check_summary(run.checks).words + "\n";
  return fmt::format("{}  {}\n{}", word.words, words, required);
}

}  // namespace peerbench::report
