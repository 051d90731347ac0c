// SPDX-License-Identifier: Apache-2.0
// The verdict: its word, and why.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "machine/refusal.hpp"
#include "report/cells.hpp"
#include "report/group_phrases.hpp"
#include "report/page.hpp"
#include "report/page_parts.hpp"
#include "report/spread_text.hpp"

namespace peerbench::report {
namespace {

using machine::Finding;
using machine::FindingCode;
using result::Answer;
using result::AnswerLine;
using result::Cell;
using result::Join;
using result::Measured;
using result::PeerGroup;
using result::Status;

Tone tone_of(Answer answer) {
  switch (answer) {
    case Answer::good:
    case Answer::one_pool:
    case Answer::one_gpu:
      return Tone::good;
    case Answer::corrupt:
    case Answer::hang:
      return Tone::bad;
    case Answer::no_gpu:
    case Answer::unknown:
    case Answer::degraded:
    case Answer::low:
    case Answer::no_direct_link:
      break;
  }
  return Tone::warning;
}

std::string works(const Concluded& of) {
  const auto& groups = of.conclusion.groups;
  if (groups.size() == 1) return group_works(groups.front());
  return groups_phrase(groups) + " Nothing stands out.";
}

std::string not_linked(const Concluded& of) {
  const auto& group = of.conclusion.groups.front();
  const machine::Refusal refusal = machine::refusal(group.refusal);
  std::string why =
      refusal.why.empty() ? "the driver allows no direct copies between these GPUs" : refusal.why;
  if (!group.refusal.empty()) why += fmt::format(" (P2P status {})", group.refusal);
  std::string words = fmt::format("Nothing is broken: {}.", why);
  if (group.staged_one_way) {
    words += fmt::format(" Copies are staged through host memory at {} GB/s{}",
                         range_text(group.staged_one_way), slowest(group));
    if (group.staged_elsewhere) {
      words += fmt::format("; others get {}",
                           spread_text(group.staged_elsewhere->low, group.staged_elsewhere->high));
    }
    words += '.';
  }
  return words;
}

/// What links that are down cost: both figures, what there is and what all of them would carry.
std::string links_down(const PeerGroup& group) {
  const int up = *group.links_up, present = *group.links_present, down = present - up;
  std::string words =
      fmt::format("{} of {} NVLinks {} down", down, present, down == 1 ? "is" : "are");
  if (group.one_way) {
    words += fmt::format(": {} GB/s each way, about {:.0f} with all {}", range_text(group.one_way),
                         rate_of_all_links(group), present);
  }
  words += '.';
  if (group.share && !group.low) {
    words +=
        fmt::format(" The {} up work{} as {} should ({} of {} rate).",
                    up == 1 ? "one that is" : fmt::format("{} that are", up), up == 1 ? "s" : "",
                    up == 1 ? "it" : "they", format_share(group.share), up == 1 ? "its" : "their");
  }
  return words;
}

std::string between_gpus(const Concluded& of) {
  const auto& groups = of.conclusion.groups;
  if (groups.empty()) return "";
  if (groups.size() > 1) return ' ' + groups_phrase(groups);
  const PeerGroup& group = groups.front();
  if (!group.one_way) return "";
  return fmt::format(" GPU to GPU reaches {} GB/s each way{}{}.", range_text(group.one_way),
                     of_peak(group, ""), slowest(group));
}

std::string degraded(const Concluded& of) {
  const FindingCode cause = of.conclusion.causes.front();
  if (cause == FindingCode::nvlinks_partly_down) {
    for (const PeerGroup& group : of.conclusion.groups) {
      if (partly_down(group)) return links_down(group);
    }
  }
  const Finding* finding = machine::find_finding(of.run.findings, cause);
  return (finding == nullptr ? "" : sentence(finding->what)) + between_gpus(of);
}

const char* line_subject(Measured what) {
  switch (what) {
    case Measured::host_link:
      return "Host to GPU";
    case Measured::gpu_memory:
      return "A GPU's own memory";
    case Measured::gpu_on_host:
      return "A GPU on the CPU's memory";
    case Measured::gpu_on_pool:
      return "The GPU on the one pool";
    case Measured::cpu_on_pool:
    case Measured::both_on_pool:
    case Measured::all_reduce:
    case Measured::host_memory:
      break;
  }
  return "The memory";
}

std::string low(const Concluded& of) {
  for (const PeerGroup& group : of.conclusion.groups) {
    if (!group.low) continue;
    const bool all_up = group.links_up && group.links_up == group.links_present;
    return fmt::format("{}GPU to GPU reaches {} GB/s one way{}.{}",
                       all_up ? "All links are up, yet " : "", range_text(group.one_way),
                       of_peak(group, ""), healthy(group));
  }
  for (const AnswerLine& line : of.conclusion.lines) {
    if (line.good.value_or(true)) continue;
    const auto& rate = line.one_way ? line.one_way : line.copy ? line.copy : line.read;
    return fmt::format("{} reaches {} GB/s, {} of its peak, less than healthy ones do.{}",
                       line_subject(line.what), range_text(rate), format_share(line.share),
                       between_gpus(of));
  }
  const auto cells = select(of.run, [](const Cell& cell) {
    return cell.status == Status::ok && cell.verdict == result::Verdict::low;
  });
  std::vector<std::string> names;
  for (const Cell* cell : cells) names.push_back(label(*cell));
  return fmt::format("Below what healthy ones reach: {}.{}", list_some(names, 3), between_gpus(of));
}

std::string one_pool(const Concluded& of) {
  std::string words = "CPU and GPU share one memory: no peer link, nothing to bridge.";
  const AnswerLine* both = find_line(of.conclusion, Measured::both_on_pool);
  if (both == nullptr) both = find_line(of.conclusion, Measured::gpu_on_pool);
  if (both == nullptr || !both->read) return words;
  const bool together = both->what == Measured::both_on_pool;
  words += fmt::format(" {} at {} GB/s", together ? "Together they read it" : "The GPU reads it",
                       format_rate(both->read->low));
  if (both->share && *both->share > 0) {
    words += fmt::format(", {} of its {}", format_share(both->share),
                         format_precise(both->read->low / *both->share));
  }
  return words + '.';
}

bool has(const result::Run& run, machine::Modifier modifier) {
  return std::ranges::count(run.machine.modifiers, modifier) > 0;
}

std::string one_gpu(const Concluded& of) {
  std::string words = has(of.run, machine::Modifier::mig)
                          ? "This is a slice of a GPU (MIG), and slices have no peers."
                      : has(of.run, machine::Modifier::virtual_gpu)
                          ? "One virtual GPU: there is none that it could be linked to."
                          : "There is no second GPU that it could be linked to.";
  const bool c2c =
      std::ranges::any_of(of.run.machine.gpus, [](const auto& gpu) { return !!gpu.c2c_ceiling; });
  if (c2c) words += " NVLink-C2C leads to the CPU of the same package.";
  const AnswerLine* memory = find_line(of.conclusion, Measured::gpu_memory);
  const AnswerLine* host = find_line(of.conclusion, Measured::host_link);
  if (memory != nullptr && memory->read) {
    words += fmt::format(" It reads its own memory at {} GB/s", format_rate(memory->read->low));
    if (host != nullptr && host->one_way) {
      words += fmt::format("; from the host it gets {}", format_rate(host->one_way->low));
    }
    words += '.';
  }
  return words;
}

std::string names_of(const Cells& cells) {
  std::vector<std::string> names;
  for (const Cell* cell : cells) names.push_back(label(*cell));
  constexpr std::size_t named = 2;
  return list_some(names, named);
}

/// "2 of 75 measurements failed (gpu0 to gpu1, host to gpu1), and 9 were not run".
std::string how_many_failed(const Concluded& of) {
  const Cells cells = with(of.run, Status::error);
  const std::size_t skipped = with(of.run, Status::skipped).size();
  std::string words = fmt::format("{} of {} measurements failed ({})", cells.size(),
                                  of.run.cells.size(), names_of(cells));
  if (skipped > 0)
    words += fmt::format(", and {} {} not run", skipped, skipped == 1 ? "was" : "were");
  return words;
}

std::string failed(const Concluded& of) {
  return fmt::format("{}: {}", how_many_failed(of),
                     sentence(with(of.run, Status::error).front()->reason));
}

/// Failed measurements are the answer itself, or stand behind one that is more serious.
bool answers_with_failed(const Concluded& of) {
  return of.conclusion.answer == Answer::unknown && of.conclusion.causes.empty() &&
         of.conclusion.failed > 0;
}

std::string unknown(const Concluded& of) {
  if (!of.conclusion.causes.empty()) {
    const Finding* finding = machine::find_finding(of.run.findings, of.conclusion.causes.front());
    return (finding == nullptr ? "" : sentence(finding->what)) + between_gpus(of);
  }
  if (answers_with_failed(of)) return failed(of) + between_gpus(of);
  if (of.run.machine.machine_class == machine::Class::discrete_unknown_link) {
    return "What joins the GPUs could not be asked." + between_gpus(of);
  }
  if (of.conclusion.measured == 0) return "Nothing was measured.";
  return "Copies between the GPUs were not measured.";
}

/// Why CUDA offers none, where a finding says it.
std::string no_gpu(const Concluded& of) {
  const auto at = std::ranges::find(of.run.findings, machine::Severity::error, &Finding::severity);
  return sentence(at == of.run.findings.end() ? of.run.machine.reason : at->what);
}

/// What is known of why measurements are corrupt or never ended; empty where nothing is.
std::string known_cause(const Concluded& of) {
  const auto& causes = of.conclusion.causes;
  const Finding* cause =
      causes.empty() ? nullptr : machine::find_finding(of.run.findings, causes.front());
  return cause == nullptr ? "" : sentence(cause->what) + ' ';
}

std::string words_of(const Concluded& of) {
  const std::string cause = known_cause(of);
  // Which ones matter where nothing is known of them but that.
  const auto named = [&](const Cells& cells) {
    return cause.empty() ? fmt::format(" ({})", names_of(cells)) : "";
  };
  switch (of.conclusion.answer) {
    case Answer::corrupt: {
      const Cells cells = with(of.run, Status::corrupt);
      return fmt::format(
          "{}Data arrived wrong in {} of {} measurements{}: do not use these copies until that is "
          "found.",
          cause, cells.size(), of.run.cells.size(), named(cells));
    }
    case Answer::hang: {
      const Cells cells = with(of.run, Status::hang);
      return fmt::format("{}{} of {} measurements never ended{}.{}", cause, cells.size(),
                         of.run.cells.size(), named(cells), cause.empty() ? between_gpus(of) : "");
    }
    case Answer::no_gpu:
      return no_gpu(of);
    case Answer::unknown:
      return unknown(of);
    case Answer::degraded:
      return degraded(of);
    case Answer::low:
      return low(of);
    case Answer::one_pool:
      return one_pool(of);
    case Answer::one_gpu:
      return one_gpu(of);
    case Answer::no_direct_link:
      return not_linked(of);
    case Answer::good:
      break;
  }
  return works(of);
}

}  // namespace

const char* headline_word(Answer answer) {
  switch (answer) {
    case Answer::corrupt:
      return "CORRUPT";
    case Answer::hang:
      return "HANG";
    case Answer::no_gpu:
      return "NO GPU";
    case Answer::degraded:
      return "DEGRADED";
    case Answer::low:
      return "LOW";
    case Answer::one_pool:
      return "ONE POOL";
    case Answer::one_gpu:
      return "ONE GPU";
    case Answer::no_direct_link:
      return "NO DIRECT LINK";
    case Answer::good:
      return "GOOD";
    case Answer::unknown:
      break;
  }
  return "UNKNOWN";
}

Headline headline(const Concluded& of) {
  const Answer answer = of.conclusion.answer;
  std::string words = words_of(of);
  if (of.conclusion.failed > 0 && !answers_with_failed(of)) {
    words += fmt::format(" {}.", how_many_failed(of));
  }
  return {{headline_word(answer), tone_of(answer)}, std::move(words)};
}

}  // namespace peerbench::report
