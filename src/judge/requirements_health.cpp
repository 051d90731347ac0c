// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/list_some.hpp"
#include "judge/describe_cells.hpp"
#include "judge/describe_pairs.hpp"
#include "judge/requirement_checks.hpp"

namespace peerbench::judge {

using machine::Evidence;
using machine::Finding;
using machine::FindingCode;
using machine::Gpu;
using machine::PeerLink;
using machine::Severity;
using result::Cell;
using result::Check;
using result::Outcome;
using result::Status;

namespace {

constexpr std::size_t lines_of_evidence = 12;

/// Files written before findings had codes have sentences alone.
std::string describe_code(const Finding& finding) {
  return finding.code ? to_string(*finding.code) : "without a code";
}

Evidence count_findings(const result::Run& run, Severity severity) {
  std::vector<std::string> codes;
  for (const Finding& finding : run.findings) {
    if (finding.severity == severity) codes.push_back(describe_code(finding));
  }
  return {fmt::format("findings of severity {}", name(severity)), fmt::format("{}", codes.size()),
          fmt::format("{}", fmt::join(codes, ", "))};
}

/// Findings about NVLinks that are down, the most telling first.
constexpr std::array codes_of_links_down = {
    FindingCode::nvlink_modules_down, FindingCode::nvlinks_partly_down, FindingCode::nvlinks_uneven,
    FindingCode::nvlinks_miscounted,  FindingCode::nvlinks_all_down,
};

/// A GPU of which not all ports are up, whose links lead to GPUs that this process does not see:
/// how many the bridge there joins is not known.
bool leads_out_partly(const machine::Machine& machine, const Gpu& gpu) {
  const int up = gpu.nvlinks_up.value_or(0);
  const bool partly = gpu.nvlinks_up && gpu.nvlinks_present.value_or(0) > up;
  return partly && up > links_to_visible(machine, gpu.ordinal);
}

/// Why it cannot be told whether a GPU's links are all up; empty where it can.
std::string doubt_about_links(const machine::Machine& machine, const Gpu& gpu) {
  const bool may_be_unseen = links_may_be_unseen(machine) && gpu.nvlinks_up.value_or(0) == 0;
  if (!gpu.nvlinks_up || may_be_unseen) return "NVML could not be asked about them";
  if (leads_out_partly(machine, gpu)) return "they lead out of what this process sees";
  const auto unknown = with(machine, [&](const PeerLink& link) {
    return link.from == gpu.ordinal && link.nvlink.value == Tri::unknown;
  });
  return unknown.empty() ? "" : "where some of them lead is not known";
}

std::vector<Evidence> links_of_gpus(const machine::Machine& machine) {
  std::vector<Evidence> lines;
  for (const Gpu& gpu : machine.gpus) {
    const std::string up = gpu.nvlinks_up ? fmt::format("{}", *gpu.nvlinks_up) : "not known";
    const std::string ports =
        gpu.nvlinks_present
            ? fmt::format("of {}, wired or not", with_count(*gpu.nvlinks_present, "port"))
            : "";
    const std::string caveat = doubt_about_links(machine, gpu);
    lines.push_back({fmt::format("gpu{} NVLinks up", gpu.ordinal), up,
                     ports + (ports.empty() || caveat.empty() ? "" : "; ") + caveat});
  }
  return lines;
}

/// Some links are down: the finding that says so, or else the pairs.
bool some_are_down(const result::Run& run, Check& result) {
  const Links down = with(run.machine, [](const PeerLink& link) {
    return link.links_up && link.links_present.value_or(0) > *link.links_up;
  });
  const Finding* finding = first_finding(run, codes_of_links_down);
  if (finding == nullptr && down.empty()) return false;
  result.outcome = Outcome::not_met;
  result.reason = finding != nullptr ? finding->what
                                     : fmt::format("NVLinks are down on {} of {} ordered pairs",
                                                   down.size(), run.machine.links.size());
  result.advice = finding != nullptr
                      ? finding->advice
                      : "compare nvidia-smi nvlink --status of both GPUs and reseat the bridge";
  return true;
}

}  // namespace

void check_all_links(const result::Run& run, Check& result) {
  const machine::Machine& machine = run.machine;
  const auto gpus_with = [&](auto matches) { return std::ranges::count_if(machine.gpus, matches); };
  result.evidence.push_back(visible_gpus(run));
  add_some(links_of_gpus(machine), lines_of_evidence, "GPUs", result.evidence);
  add_evidence("NVLink (NVML)", all_links(machine), machine.links.size(), describe_nvlink,
               result.evidence);
  if (some_are_down(run, result)) return;
  const auto doubted =
      gpus_with([&](const Gpu& gpu) { return !doubt_about_links(machine, gpu).empty(); });
  const auto linked = gpus_with([](const Gpu& gpu) { return gpu.nvlinks_up.value_or(0) > 0; });
  if (doubted > 0) {
    result.outcome = Outcome::cannot_tell;
    result.reason = fmt::format("of {} of {} it is not known whether all NVLinks are up", doubted,
                                with_count(machine.gpus.size(), "GPU"));
    result.advice = gpus_with([&](const Gpu& gpu) { return leads_out_partly(machine, gpu); }) > 0
                        ? "check where all GPUs of the machine are visible"
                        : ask_nvml(run);
  } else if (linked == 0) {
    result.outcome = Outcome::not_met;
    result.reason = "no GPU has an NVLink that is up";
    result.advice =
        "take all-links out of --require for a machine without NVLinks; the "
        "requirement p2p asks for peer access over any link";
  } else {
    result.outcome = Outcome::met;
    result.reason =
        fmt::format("all NVLinks that are there are up, of {}", with_count(linked, "GPU"));
  }
}

void check_healthy(const result::Run& run, Check& result) {
  result.evidence.push_back(visible_gpus(run));
  std::vector<std::string> sentences;
  for (const Severity severity : {Severity::error, Severity::warning}) {
    for (const Finding& finding : run.findings) {
      if (finding.severity != severity) continue;
      if (sentences.empty()) result.advice = finding.advice;
      sentences.push_back(describe_code(finding) + ": " + finding.what);
    }
    result.evidence.push_back(count_findings(run, severity));
  }
  result.evidence.push_back(count_findings(run, Severity::info));
  result.outcome = sentences.empty() ? Outcome::met : Outcome::not_met;
  result.reason = sentences.empty() ? "no finding of severity warning or error"
                                    : fmt::format("{}", fmt::join(sentences, "; "));
}

void check_no_errors(const result::Run& run, Check& result) {
  std::vector<Evidence> lines;
  std::vector<std::string> counts;
  for (const Status status : {Status::corrupt, Status::hang, Status::error}) {
    const auto cells = std::ranges::count(run.cells, status, &Cell::status);
    if (cells > 0) counts.push_back(fmt::format("{} {}", cells, name(status)));
    for (const Cell& cell : run.cells) {
      if (cell.status == status) lines.push_back({cell.name, name(status), cell.reason});
    }
  }
  const auto measured = std::ranges::count(run.cells, Status::ok, &Cell::status);
  const auto left_out = std::ranges::count(run.cells, result::Skip::time_limit, &Cell::skip);
  result.evidence.push_back({"cells of the result", fmt::format("{}", run.cells.size()),
                             fmt::format("{} measured", measured)});
  add_some(lines, lines_of_evidence, "failed too", result.evidence);
  if (!lines.empty()) {
    result.outcome = Outcome::not_met;
    result.reason =
        fmt::format("{} of {} failed ({}); the first is {}", lines.size(),
                    with_count(run.cells.size(), "cell"), fmt::join(counts, ", "), lines[0].asked);
    result.advice = fmt::format(
        "`peerbench report` shows the result with its reasons; repeat it "
        "with peerbench run --filter '{}'",
        lines[0].asked);
  } else if (left_out > 0) {
    result.outcome = Outcome::cannot_tell;
    result.reason = fmt::format("the run's time limit left out {} of {}", left_out,
                                with_count(run.cells.size(), "cell"));
    result.advice = more_time;
  } else if (measured == 0) {
    result.outcome = Outcome::not_met;
    result.reason = "no cell was measured";
    result.advice = "measure first: peerbench run --output FILE";
  } else {
    result.outcome = Outcome::met;
    result.reason = fmt::format("none of {} failed", with_count(run.cells.size(), "cell"));
  }
}

std::optional<Check> check_finished(const result::Run& run) {
  if (!result::is_unfinished(run)) return {};
  const std::string ended = run.interrupted
                                ? fmt::format("{} ended it", to_string(*run.interrupted))
                                : "it was killed, or still goes on";
  return Check{.requirement = "a finished run",
               .outcome = Outcome::cannot_tell,
               .reason = fmt::format("{} of {} were measured: {}", run.cells.size(),
                                     with_count(*run.planned, "cell"), ended),
               .evidence = {},
               .advice = "measure again, to the end: peerbench run --output FILE"};
}

}  // namespace peerbench::judge
