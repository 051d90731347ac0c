// SPDX-License-Identifier: Apache-2.0
#include "judge/requirements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/list_some.hpp"
#include "base/nearest.hpp"
#include "judge/requirement_checks.hpp"

namespace peerbench::judge {

using Kind = Requirement::Kind;
using machine::Machine;
using result::Check;
using result::Outcome;

namespace {

struct Word {
  const char* word;
  Kind kind;
};
constexpr std::array words = {Word{"nvlink", Kind::nvlink},
                              Word{"any-nvlink", Kind::any_nvlink},
                              Word{"p2p", Kind::p2p},
                              Word{"any-p2p", Kind::any_p2p},
                              Word{"all-links", Kind::all_links},
                              Word{"healthy", Kind::healthy},
                              Word{"no-errors", Kind::no_errors},
                              Word{"no-peer-link", Kind::no_peer_link},
                              Word{"unified-pool", Kind::unified_pool},
                              Word{"gpus", Kind::gpus}};
constexpr const char* all_words =
    "nvlink, any-nvlink, p2p, any-p2p, all-links, healthy, no-errors, no-peer-link, unified-pool "
    "and gpus=N";

std::optional<int> count_of(std::string_view text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end || value < 1) return {};
  return value;
}

Expected<Requirement> parse_one(const std::string& entry) {
  const auto equals = entry.find('=');
  const std::string word = entry.substr(0, equals);
  const auto known = std::ranges::find_if(words, [&](const Word& one) { return word == one.word; });
  if (known == words.end()) {
    std::vector<std::string> near;
    for (const Word& one : words) near.emplace_back(one.word);
    const std::string meant = entry.empty() ? "" : did_you_mean(word, near);
    return fail(ErrorKind::usage,
                fmt::format("--require: '{}' is no requirement{}", entry,
                            meant.empty() ? fmt::format("; there are {}", all_words) : meant));
  }
  if (known->kind != Kind::gpus) {
    if (equals == std::string::npos) return Requirement{known->kind, 0};
    return fail(ErrorKind::usage,
                fmt::format("--require '{}': {} takes no value", entry, known->word));
  }
  const auto count = equals == std::string::npos
                         ? std::nullopt
                         : count_of(std::string_view(entry).substr(equals + 1));
  if (!count) {
    return fail(ErrorKind::usage,
                fmt::format("--require '{}': write how many GPUs there must be at least, 1 or "
                            "more, e.g. gpus=2",
                            entry));
  }
  return Requirement{Kind::gpus, *count};
}

void check_gpus(const result::Run& run, int wanted, Check& result) {
  const Machine& machine = run.machine;
  const int visible = static_cast<int>(machine.gpus.size());
  result.outcome = visible >= wanted ? Outcome::met : Outcome::not_met;
  result.reason =
      fmt::format("{} {} {}, at least {} required", with_count(visible, "GPU"),
                  visible == 1 ? "is" : "are", only_chosen(run) ? "chosen" : "visible", wanted);
  result.evidence.push_back(visible_gpus(run));
  if (visible >= wanted) return;
  if (only_chosen(run)) {
    result.advice = "name more GPUs with --gpus, or leave it out: check then looks at all";
    return;
  }
  result.advice = has(machine, machine::Modifier::hidden_gpus) || what_hides(run) != nullptr
                      ? show_hidden(run)
                      : "see that nvidia-smi lists every GPU; one that is missing there has "
                        "failed or is not seated (kernel log, lines with NVRM)";
}

void check_unified_pool(const Machine& machine, Check& result) {
  int no = 0;
  int unknown = 0;
  for (const machine::Gpu& gpu : machine.gpus) {
    const Tri value = gpu.integrated.value;
    if (is_no(value)) ++no;
    if (value == Tri::unknown) ++unknown;
    result.evidence.push_back({fmt::format("gpu{} cudaDevAttrIntegrated", gpu.ordinal),
                               gpu.integrated.raw.empty() ? name(value) : gpu.integrated.raw,
                               is_yes(value)  ? "shares the host's memory"
                               : is_no(value) ? "has memory of its own"
                                              : "could not be asked"});
  }
  const std::size_t all = machine.gpus.size();
  if (no > 0) {
    result.outcome = Outcome::not_met;
    result.reason = all == 1 ? "the GPU has memory of its own"
                             : fmt::format("{} of {} GPUs {} memory of {} own", no, all,
                                           no == 1 ? "has" : "have", no == 1 ? "its" : "their");
    result.advice =
        "this machine is of another kind: take unified-pool out of --require, or run on a "
        "single-chip machine";
  } else if (unknown > 0) {
    result.outcome = Outcome::cannot_tell;
    result.reason = fmt::format("whether {} of {} GPUs share the host's memory could not be asked",
                                unknown, all);
    result.advice = "see `peerbench machine` for what the CUDA runtime answers; a newer one may";
  } else {
    result.outcome = Outcome::met;
    result.reason = all == 1 ? "the GPU is integrated: it shares the host's memory"
                             : fmt::format(
                                   "all {} GPUs are integrated: they share the host's "
                                   "memory",
                                   all);
  }
}

void check_without_gpu(const result::Run& run, const Requirement& requirement, Check& result) {
  const Machine& machine = run.machine;
  result.outcome = Outcome::not_met;
  result.reason = requirement.kind == Kind::no_peer_link
                      ? "no GPU is visible: that proves nothing about links between GPUs"
                      : "no GPU is visible";
  result.evidence.push_back(visible_gpus(run));
  result.advice = machine.advice.empty() ? "run it on a machine with a GPU" : machine.advice[0];
}

}  // namespace

std::string text(const Requirement& requirement) {
  const auto known = std::ranges::find(words, requirement.kind, &Word::kind);
  if (requirement.kind != Kind::gpus) return known->word;
  return fmt::format("{}={}", known->word, requirement.gpus);
}

Expected<std::vector<Requirement>> parse_requirements(const std::string& list) {
  std::vector<Requirement> requirements;
  for (std::size_t start = 0; start <= list.size();) {
    const std::size_t end = std::min(list.find(',', start), list.size());
    const auto one = parse_one(list.substr(start, end - start));
    if (!one) return tl::unexpected(one.error());
    if (std::ranges::find(requirements, *one) == requirements.end()) requirements.push_back(*one);
    start = end + 1;
  }
  return requirements;
}

bool needs_cells(const Requirement& requirement) { return requirement.kind == Kind::no_errors; }

bool has(const Machine& machine, machine::Modifier modifier) {
  return std::ranges::find(machine.modifiers, modifier) != machine.modifiers.end();
}

bool only_chosen(const result::Run& run) {
  const result::Settings& chosen = run.settings;
  const auto is_chosen = [&](const machine::Gpu& gpu) {
    return std::ranges::count(chosen.gpus, gpu.ordinal) > 0 ||
           std::ranges::any_of(chosen.pairs, [&](const auto& pair) {
             return pair.first == gpu.ordinal || pair.second == gpu.ordinal;
           });
  };
  return (!chosen.gpus.empty() || !chosen.pairs.empty()) &&
         std::ranges::all_of(run.machine.gpus, is_chosen);
}

machine::Evidence visible_gpus(const result::Run& run) {
  const Machine& machine = run.machine;
  if (only_chosen(run)) {
    return {"GPUs that --gpus and --pairs choose", fmt::format("{}", machine.gpus.size()),
            "check looks at no others"};
  }
  std::string meaning;
  if (machine.gpus.empty()) meaning = machine.reason;
  if (has(machine, machine::Modifier::hidden_gpus)) {
    meaning += meaning.empty() ? "" : "; ";
    meaning += machine.hidden.empty() ? "others are hidden from this process"
                                      : fmt::format(
                                            "{} more in the machine, hidden from this "
                                            "process",
                                            machine.hidden.size());
  }
  if (meaning.empty()) meaning = "what this process can use";
  return {"GPUs that CUDA shows", fmt::format("{}", machine.gpus.size()), meaning};
}

Check check(const result::Run& run, const Requirement& requirement) {
  const Machine& machine = run.machine;
  Check result;
  result.requirement = text(requirement);
  if (machine.gpus.empty() && !needs_cells(requirement)) {
    check_without_gpu(run, requirement, result);
    return result;
  }
  switch (requirement.kind) {
    case Kind::nvlink:
    case Kind::any_nvlink:
      check_nvlink(run, requirement.kind == Kind::nvlink, result);
      break;
    case Kind::p2p:
    case Kind::any_p2p:
      check_p2p(run, requirement.kind == Kind::p2p, result);
      break;
    case Kind::all_links:
      check_all_links(run, result);
      break;
    case Kind::healthy:
      check_healthy(run, result);
      break;
    case Kind::no_errors:
      check_no_errors(run, result);
      break;
    case Kind::no_peer_link:
      check_no_peer_link(run, result);
      break;
    case Kind::unified_pool:
      check_unified_pool(machine, result);
      break;
    case Kind::gpus:
      check_gpus(run, requirement.gpus, result);
      break;
  }
  return result;
}

}  // namespace peerbench::judge
