// SPDX-License-Identifier: Apache-2.0
#include "report/describe_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/list_some.hpp"
#include "report/machine_groups.hpp"

namespace peerbench::report {
namespace {

using machine::Machine;

std::string describe_class(const Machine& machine) {
  std::string words = name(machine.machine_class);
  for (const auto modifier : machine.modifiers) words += fmt::format(", {}", name(modifier));
  return machine.reason.empty() ? words : words + ": " + machine.reason;
}

}  // namespace

std::string describe_model(const Machine& machine) {
  if (machine.gpus.empty()) return "no GPU";
  std::vector<Group<std::string, int>> groups;
  for (const auto& gpu : machine.gpus) add(groups, gpu.model, gpu.ordinal);
  std::string words;
  for (const auto& group : groups) {
    words += fmt::format("{}{} x {}", words.empty() ? "" : ", ", group.items.size(),
                         group.key.empty() ? "GPU of unknown model" : group.key);
    if (groups.size() > 1) words += fmt::format(" ({})", describe_cards(group.items, machine));
  }
  return words;
}

std::string describe_evidence(const machine::Evidence& evidence) {
  std::string words = evidence.asked + ": " + evidence.answer;
  return evidence.meaning.empty() ? words : words + " (" + evidence.meaning + ")";
}

std::vector<Text> banner(const result::Run& run) {
  std::vector<Text> lines;
  if (run.simulated) {
    lines.emplace_back(
        fmt::format("SIMULATED machine {}: no hardware was measured", run.simulated->machine),
        Tone::warning);
  }
  if (run.signals) {
    const std::string when = run.signals->saved.empty() ? "" : " of " + run.signals->saved;
    lines.emplace_back(
        fmt::format("from saved signals {}{}: this machine was not asked", run.signals->file, when),
        Tone::warning);
  }
  if (result::is_unfinished(run)) {
    const std::string after =
        fmt::format("after {} of {}", run.cells.size(), with_count(*run.planned, "measurement"));
    lines.emplace_back(
        run.interrupted ? fmt::format("INTERRUPTED {} ({}): the rest is not known", after,
                                      to_string(*run.interrupted))
                        : fmt::format("UNFINISHED: the file ends {}; the rest is not known", after),
        Tone::warning);
  }
  if (const auto left_out =
          std::ranges::count(run.cells, result::Skip::time_limit, &result::Cell::skip);
      left_out > 0) {
    lines.emplace_back(fmt::format("TIME LIMIT: {} of {} are left out", left_out,
                                   with_count(run.cells.size(), "measurement")),
                       Tone::warning);
  }
  return lines;
}

Document opening(const result::Run& run) {
  Document document;
  document.title = run.tool.name + " " + run.tool.version;
  document.banner = banner(run);
  document.header.push_back({"machine", describe_model(run.machine)});
  document.header.push_back({"class", describe_class(run.machine)});
  return document;
}

Section evidence_section(const Machine& machine) {
  using Statement = std::tuple<bool, std::string, std::string, std::string>;  // of a GPU, and what
  std::vector<Group<Statement, int>> groups;
  for (const auto& [asked, answer, meaning] : machine.evidence) {
    const std::size_t word = std::min(asked.find(' '), asked.size());
    const auto card = card_number(std::string_view(asked).substr(0, word));
    add(groups, Statement(card.has_value(), card ? asked.substr(word) : asked, answer, meaning),
        card.value_or(0));
  }
  Section section{"Why this class", {}};
  for (const auto& group : groups) {
    const auto& [of_card, asked, answer, meaning] = group.key;
    const std::string who = of_card ? card_names(group.items) : "";
    section.lines.emplace_back(describe_evidence({who + asked, answer, meaning}));
  }
  return section;
}

Section proof_section(const Machine& machine) {
  Section section{"No peer (GPU-to-GPU) NVLink is visible: the proof", {}, Mark::number};
  for (const auto& step : machine.proof) {
    section.lines.emplace_back(fmt::format("{} = {} -> {}", step.asked, step.answer, step.meaning));
  }
  if (!machine.proof_verdict.empty()) {
    section.remarks.emplace_back("verdict: " + machine.proof_verdict, Tone::strong);
  }
  return section;
}

Section finding_section(const result::Run& run) {
  std::vector<machine::Finding> all = run.findings;
  for (const auto& finding : run.machine.findings) {
    if (std::ranges::find(all, finding.what, &machine::Finding::what) == all.end()) {
      all.push_back(finding);
    }
  }
  Section section{"Findings", {}};
  for (const machine::Finding& finding : all) {
    section.lines.emplace_back(
        finding.advice.empty() ? finding.what : finding.what + "\n-> " + finding.advice,
        Tone::warning);
  }
  return section;
}

}  // namespace peerbench::report
