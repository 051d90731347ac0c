// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/list_some.hpp"
#include "report/describe_machine.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Check;
using result::Outcome;

const char* describe_outcome(Outcome outcome) {
  switch (outcome) {
    case Outcome::met:
      return "met";
    case Outcome::not_met:
      return "not met";
    case Outcome::cannot_tell:
      break;
  }
  return "cannot tell";
}

Tone tone(Outcome outcome) {
  if (outcome == Outcome::met) return Tone::good;
  return outcome == Outcome::not_met ? Tone::bad : Tone::warning;
}

/// The most serious first: not met, cannot tell, met.
Outcome worst(const std::vector<Check>& checks) {
  for (const Outcome outcome : {Outcome::not_met, Outcome::cannot_tell}) {
    if (std::ranges::find(checks, outcome, &Check::outcome) != checks.end()) return outcome;
  }
  return Outcome::met;
}

std::string names(const std::vector<Check>& checks, Outcome outcome) {
  std::string words;
  for (const Check& check : checks) {
    if (check.outcome == outcome) words += (words.empty() ? "" : ", ") + check.requirement;
  }
  return words;
}

Section section(const Check& check) {
  Section made{fmt::format("{}: {}", check.requirement, describe_outcome(check.outcome)), {}};
  made.lines.emplace_back(check.reason, tone(check.outcome));
  for (const auto& line : check.evidence) made.lines.emplace_back(describe_evidence(line));
  if (!check.advice.empty()) made.lines.emplace_back("what to do: " + check.advice);
  return made;
}

/// What is more serious than any check; null where nothing is.
const result::Cell* worst_cell(const result::Run& run) {
  for (const auto status : {result::Status::corrupt, result::Status::hang}) {
    const auto found = std::ranges::find(run.cells, status, &result::Cell::status);
    if (found != run.cells.end()) return &*found;
  }
  return nullptr;
}

Section broken_cells(const result::Run& run) {
  Section section{"Cells whose data are wrong, or that never ended", {}};
  for (const auto& cell : run.cells) {
    if (cell.status != result::Status::corrupt && cell.status != result::Status::hang) continue;
    section.lines.emplace_back(fmt::format("{}: {}{}{}", cell.name, name(cell.status),
                                           cell.reason.empty() ? "" : "; ", cell.reason),
                               Tone::bad);
  }
  return section;
}

std::string next(const result::Run& run) {
  const std::vector<Check>& checks = run.checks;
  const bool recorded = !run.cells.empty();
  if (const auto* cell = worst_cell(run)) {
    const bool corrupt = cell->status == result::Status::corrupt;
    return fmt::format(
        "{} (exit code {}), whatever was required. Repeat it with peerbench run "
        "--filter '{}'",
        corrupt ? "Data arrived wrong" : "A copy never ended", corrupt ? 2 : 3, cell->name);
  }
  switch (worst(checks)) {
    case Outcome::not_met:
      return fmt::format("Not met: {} (exit code 1). `peerbench {}` shows all that is known of {}.",
                         names(checks, Outcome::not_met), recorded ? "report" : "machine",
                         recorded ? "the result" : "the machine");
    case Outcome::cannot_tell:
      return fmt::format(
          "Cannot tell: {} (exit code 4); do what its section says, then check "
          "again.",
          names(checks, Outcome::cannot_tell));
    case Outcome::met:
      break;
  }
  return recorded ? "All is met (exit code 0)."
                  : "All is met (exit code 0), and nothing was measured: `peerbench` does that.";
}

/// What is worse than any check, and a section for each of them.
void add_sections(const result::Run& run, Document& document) {
  if (worst_cell(run) != nullptr) document.blocks.emplace_back(broken_cells(run));
  for (const Check& check : run.checks) document.blocks.emplace_back(section(check));
}

}  // namespace

Text check_summary(const std::vector<Check>& checks) {
  std::string words;
  for (const Outcome outcome : {Outcome::not_met, Outcome::cannot_tell, Outcome::met}) {
    const std::string which = names(checks, outcome);
    if (which.empty()) continue;
    words += fmt::format("{}{}: {}", words.empty() ? "" : "; ", describe_outcome(outcome), which);
  }
  return {words, tone(worst(checks))};
}

void add_checks(const result::Run& run, Document& document) {
  if (run.checks.empty()) return;
  document.blocks.emplace_back(Section{"Required", {check_summary(run.checks)}});
  add_sections(run, document);
}

Document check_document(const result::Run& run) {
  Document document = opening(run);
  if (!run.cells.empty()) {
    document.header.push_back(
        {"result", fmt::format("{}, {}", with_count(run.cells.size(), "cell"), run.started)});
  }
  document.header.push_back({"required", check_summary(run.checks)});
  add_sections(run, document);
  document.next = {next(run)};
  return document;
}

}  // namespace peerbench::report
