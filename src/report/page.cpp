// SPDX-License-Identifier: Apache-2.0
#include "report/page.hpp"
#include "base/list_some.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/numbers.hpp"
#include "report/cells.hpp"
#include "report/describe_machine.hpp"
#include "report/exporters.hpp"

namespace peerbench::report {
namespace {

using machine::Finding;
using machine::Severity;
using result::Answer;
using result::Cell;
using result::Join;
using result::Status;

constexpr int page_width = 80;
constexpr long page_lines = 24;
constexpr long lines_with_steps = 32;

/// GB10 is of compute capability 12.1 (NVIDIA's table of CUDA GPUs), and of two machines with it
/// people ask how to join them.
bool is_spark(const machine::Machine& machine) {
  return machine.machine_class == machine::Class::unified_pool &&
         std::ranges::any_of(machine.gpus, [](const machine::Gpu& gpu) {
           return gpu.compute_major == 12 && gpu.compute_minor == 1;
         });
}

std::string joined_by(const Concluded& of) {
  const auto& groups = of.conclusion.groups;
  const auto any = [&](auto matches) { return std::ranges::any_of(groups, matches); };
  if (any([](const auto& group) { return group.join == Join::nvlink && group.through_switch; })) {
    return ", NVSwitch";
  }
  if (any([](const auto& group) { return group.join == Join::nvlink; }))
    return ", joined by NVLink";
  return of.run.machine.machine_class == machine::Class::discrete_pcie ? ", PCIe only" : "";
}

bool is_cause(const Concluded& of, const Finding& finding) {
  return finding.code && std::ranges::count(of.conclusion.causes, *finding.code) > 0;
}

/// "63 measurements, all data verified, medians within 1 %."
std::string quality(const Concluded& of) {
  bool verified = true, precise = true;
  for (const Cell& cell : of.run.cells) {
    if (cell.status != Status::ok) continue;
    verified = verified && cell.verified.value_or(false);
    precise = precise && cell.stop == "precision";
  }
  if (of.conclusion.measured == 0) return "";
  std::string words = with_count(of.conclusion.measured, "measurement");
  if (verified) words += ", all data verified";
  if (precise) words += fmt::format(", medians within {:g} %", of.run.settings.precision * 100);
  const int failed = of.conclusion.failed;
  if (failed > 0) words += fmt::format("; {} more failed (report --all says why)", failed);
  return words + '.';
}

/// What the page says of findings, from all of them, the causes of the verdict too, to their number
/// only.
enum class Depth { all, with_advice, sentences, three, number };

/// Findings of one code, which are of one kind: told apart by their figures alone, as those of GPUs
/// in unlike slots.
struct FindingKind {
  std::vector<const Finding*> findings;
  const Finding& first() const { return *findings.front(); }
};

/// Those of `findings` that are no cause of the verdict, by kind, the most serious first.
std::vector<FindingKind> other_kinds(const Concluded& of) {
  std::vector<FindingKind> kinds;
  for (const Finding& finding : of.run.findings) {
    if (is_cause(of, finding)) continue;
    const auto same = std::ranges::find_if(kinds, [&](const FindingKind& kind) {
      return finding.code && kind.first().code == finding.code;
    });
    if (same == kinds.end()) {
      kinds.push_back({{&finding}});
    } else {
      same->findings.push_back(&finding);
    }
  }
  std::ranges::stable_sort(kinds, std::greater{},
                           [](const FindingKind& kind) { return kind.first().severity; });
  return kinds;
}

std::string kind_line(const FindingKind& kind, Depth depth) {
  std::string what;
  for (const Finding* finding : kind.findings) {
    what += (what.empty() ? "" : "; ") + finding->what;
  }
  const Finding& first = kind.first();
  const bool advice = depth == Depth::with_advice && first.severity != Severity::info;
  return advice && !first.advice.empty() ? what + "\n-> " + first.advice : what;
}

Section findings(const Concluded& of, Depth depth) {
  if (depth == Depth::all && !of.run.findings.empty()) {
    Section section = finding_section(of.run);
    if (auto measured = quality(of); !measured.empty()) section.remarks.emplace_back(measured);
    return section;
  }
  const std::vector<FindingKind> others = other_kinds(of);
  const std::string measured = quality(of);
  if (others.empty()) {
    const bool none = of.conclusion.causes.empty() && of.run.findings.empty();
    return {"", {{(none ? "Findings: none. " : "") + measured}}, Mark::flush};
  }
  const std::size_t shown = depth == Depth::number ? 0 : depth == Depth::three ? 3 : others.size();
  if (shown == 0) {
    return {"",
            {{fmt::format("{} (peerbench report --all has them). {}",
                          with_count(others.size(), "finding"), measured)}},
            Mark::flush};
  }
  Section section{"Findings", {}};
  for (std::size_t i = 0; i < std::min(shown, others.size()); ++i) {
    const Severity severity = others[i].first().severity;
    const Tone tone = severity == Severity::info ? Tone::plain : Tone::warning;
    section.lines.emplace_back(kind_line(others[i], depth), tone);
  }
  if (shown < others.size()) {
    section.lines.emplace_back(fmt::format("and {} more: report --all", others.size() - shown));
  }
  if (!measured.empty()) section.remarks.emplace_back(measured);
  return section;
}

void add(Document& document, Section section) {
  if (!section.lines.empty()) document.blocks.emplace_back(std::move(section));
}

Document composed(const Concluded& of, Depth depth) {
  Document document;
  document.title =
      fmt::format("{} {} - {}", of.run.tool.name, of.run.tool.version, machine_title(of));
  document.banner = banner(of.run);
  document.headline = headline(of);
  add(document, steps(of));
  if (Table table = answer_table(of); !table.rows.empty())
    document.blocks.emplace_back(std::move(table));
  add(document, answer_sentences(of));
  add(document, no_link_facts(of));
  add(document, findings(of, depth));
  return document;
}

/// How sure it is; a file from before that was kept does not say.
const char* describe_certainty(const std::optional<machine::Certainty>& certainty) {
  if (!certainty) return "as far as it was asked";
  switch (*certainty) {
    case machine::Certainty::confirmed:
      return "confirmed";
    case machine::Certainty::this_process_only:
      return "as far as this process sees";
    case machine::Certainty::not_by_nvml:
      break;
  }
  return "though NVML could not be asked";
}

long lines_of(const Document& document) {
  const std::string text = to_terminal(document, page_width, false);
  return std::ranges::count(text, '\n');
}

}  // namespace

std::string machine_option(const result::Run& run) {
  return run.simulated ? " --simulate " + run.simulated->machine : "";
}

std::string machine_title(const Concluded& of) {
  return describe_model(of.run.machine) + joined_by(of);
}

Section no_link_facts(const Concluded& of) {
  if (of.conclusion.answer != Answer::one_pool) return {"", {}, Mark::none};
  const auto& machine = of.run.machine;
  Section section{fmt::format("No peer link, {}: {} facts (peerbench machine has them all)",
                              describe_certainty(machine.no_peer_link), machine.proof.size()),
                  {},
                  Mark::none};
  for (const auto& gpu : machine.gpus) {
    if (gpu.c2c_links == 0) continue;
    const std::string rate =
        gpu.c2c_ceiling ? fmt::format(", {} GB/s", format_precise(gpu.c2c_ceiling->gbs)) : "";
    section.lines.emplace_back(fmt::format(
        "NVLink-C2C ({} links{}) joins CPU and GPU inside the chip", gpu.c2c_links, rate));
  }
  const double apart = machine::figure(of.conclusion.figures, "pool_reads_apart");
  if (!std::isnan(apart)) {
    section.lines.emplace_back(fmt::format(
        "device, managed, pinned and pageable memory read alike within {:.1f} %", apart * 100));
  }
  if (section.lines.empty()) section.lines.emplace_back("CUDA shows one GPU");
  return section;
}

std::vector<Command> next_commands(const Concluded& of, const Kept& kept) {
  std::vector<Command> commands;
  const std::string report = kept.as_last         ? "peerbench report"
                             : !kept.file.empty() ? "peerbench report " + kept.file
                                                  : "";
  const bool nothing = of.conclusion.measured == 0;
  if (nothing) {
    commands.push_back({"peerbench machine" + machine_option(of.run),
                        "what is in the box, and how that is known"});
    if (of.run.machine.gpus.empty()) {
      commands.push_back({"peerbench machines", "simulated machines to look at"});
    }
    return commands;
  }
  if (report.empty()) {
    commands.push_back(
        {"peerbench run --all" + machine_option(of.run), "the same with every table"});
  } else {
    commands.push_back({report + " --all", "every table of this run"});
    if (!is_spark(of.run.machine)) {
      commands.push_back({report + " --share", "this page as Markdown, for a forum"});
    }
  }
  if (is_spark(of.run.machine)) {
    commands.push_back(
        {"peerbench explain two-sparks", "two by cable: a network, how to measure it"});
  }
  if (of.run.machine.gpus.empty()) {
    commands.push_back({"peerbench --simulate dual-rtx3090-nvlink", "a page with two GPUs"});
  }
  const bool several = of.run.machine.gpus.size() > 1;
  const bool trouble =
      of.conclusion.answer < Answer::one_pool && of.conclusion.answer != Answer::no_gpu;
  if (!trouble && !of.run.machine.gpus.empty()) {
    const Command estimate{
        "peerbench estimate --model llama-3-8b" + machine_option(of.run),
        several ? "what the link means for a split model" : "what fits, and how fast"};
    constexpr std::size_t indent = 6;
    if (estimate.line.size() + indent <= page_width) commands.push_back(estimate);
  }
  return commands;
}

Document whole_page(const Concluded& of) { return composed(of, Depth::all); }

Document page_document(const Concluded& of, const Kept& kept) {
  for (const Depth depth : {Depth::with_advice, Depth::sentences, Depth::three}) {
    Document document = composed(of, depth);
    document.commands = next_commands(of, kept);
    const bool to_do = std::ranges::any_of(of.run.findings,
                                           [](const Finding& finding) {
                                             return finding.severity != Severity::info;
                                           }) ||
                       !steps(of).lines.empty();
    if (lines_of(document) <= (to_do ? lines_with_steps : page_lines)) return document;
  }
  Document document = composed(of, Depth::number);
  document.commands = next_commands(of, kept);
  return document;
}

}  // namespace peerbench::report
