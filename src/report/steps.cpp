// SPDX-License-Identifier: Apache-2.0
// What to do about the verdict.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "report/page.hpp"
#include "report/page_parts.hpp"

namespace peerbench::report {
namespace {

using machine::Finding;
using machine::FindingCode;
using result::Answer;
using result::Cell;
using result::PeerGroup;
using result::Status;

/// The command that repeats what decides.
std::string again(const Concluded& of) {
  std::string filter = "^peer/";
  for (const Status status : {Status::error, Status::hang, Status::corrupt}) {
    if (const Cells cells = with(of.run, status); !cells.empty()) filter = cells.front()->name;
  }
  return fmt::format("peerbench run --filter '{}'{}", filter, machine_option(of.run));
}

/// What the rate would be when it is mended; empty where that is not known.
std::string expected(const Concluded& of) {
  for (const PeerGroup& group : of.conclusion.groups) {
    if (!partly_down(group) || !group.one_way || *group.links_up == 0) continue;
    return fmt::format(": about {:.0f} GB/s is right", rate_of_all_links(group));
  }
  return "";
}

}  // namespace

std::string sentence(std::string words) {
  if (words.empty()) return words;
  // gpu0 and cudaSetDevice(0) are names.
  const std::string first = words.substr(0, words.find(' '));
  const bool is_name = std::ranges::any_of(first, [](unsigned char c) {
    return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '(';
  });
  if (!is_name) {
    words.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(words.front())));
  }
  return words + (words.back() == '.' ? "" : ".");
}

std::string line_name(result::Measured what) {
  switch (what) {
    case result::Measured::all_reduce:
      return "NCCL all-reduce";
    case result::Measured::host_link:
      return "host to GPU";
    case result::Measured::gpu_memory:
      return "memory of a GPU, copy";
    case result::Measured::gpu_on_host:
      return "GPU reading the CPU's memory";
    case result::Measured::host_memory:
      return "memory of the host";
    case result::Measured::gpu_on_pool:
      return "GPU alone";
    case result::Measured::cpu_on_pool:
      return "CPU alone";
    case result::Measured::both_on_pool:
      break;
  }
  return "GPU and CPU at once";
}

const result::AnswerLine* find_line(const result::Conclusion& conclusion, result::Measured what) {
  const auto at = std::ranges::find(conclusion.lines, what, &result::AnswerLine::what);
  return at == conclusion.lines.end() ? nullptr : &*at;
}

Cells with(const result::Run& run, Status status) {
  return select(run, [=](const Cell& cell) { return cell.status == status; });
}

Section steps(const Concluded& of) {
  Section section{"What to do", {}, Mark::step};
  const Answer answer = of.conclusion.answer;
  for (const FindingCode code : of.conclusion.causes) {
    const Finding* finding = machine::find_finding(of.run.findings, code);
    if (finding != nullptr && !finding->advice.empty()) {
      section.lines.emplace_back(sentence(finding->advice));
    }
  }
  const auto staged = [](const Cell* cell) { return cell->key.kind == result::Kind::staged; };
  if (answer == Answer::corrupt && section.lines.empty() &&
      std::ranges::none_of(with(of.run, Status::corrupt), staged)) {
    section.lines.emplace_back("Use staged copies meanwhile; for NCCL set NCCL_P2P_DISABLE=1.");
  }
  if (answer == Answer::hang) {
    section.lines.emplace_back("Look for Xid errors in the kernel log (dmesg, lines with NVRM).");
  }
  if (answer == Answer::low) {
    const auto lows = select(of.run, [](const Cell& cell) {
      return cell.status == Status::ok && cell.verdict == result::Verdict::low;
    });
    if (!lows.empty()) section.lines.emplace_back(sentence(result::low_rate_advice(*lows.front())));
  }
  if (answer == Answer::no_gpu || (answer == Answer::unknown && section.lines.empty())) {
    for (const std::string& advice : of.run.machine.advice)
      section.lines.emplace_back(sentence(advice));
  }
  const bool repeat = answer == Answer::corrupt || answer == Answer::hang ||
                      answer == Answer::degraded || answer == Answer::low ||
                      of.conclusion.failed > 0;
  if (repeat) {
    section.lines.emplace_back(fmt::format("Repeat it with {}{}", again(of), expected(of)));
  }
  return section;
}

}  // namespace peerbench::report
