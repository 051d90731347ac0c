// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "judge/pair_words.hpp"
#include "judge/requirement_checks.hpp"

namespace peerbench::judge {

using machine::Machine;
using machine::PeerLink;
using result::Check;
using result::Outcome;

namespace {

/// Outcome of "on every pair" or "on at least one", of how many answered yes and how many nothing.
Outcome outcome_of(bool every, std::size_t yes, std::size_t unknown, std::size_t all) {
  if (every ? yes == all : yes > 0) return Outcome::met;
  const bool possible = every ? yes + unknown == all : unknown > 0;
  return possible ? Outcome::cannot_tell : Outcome::not_met;
}

/// Outcome and reason for one answer about all pairs; `what` is "NVLink is up".
void judge_pairs(const Machine& machine, bool every, const char* what, Signal PeerLink::*answer,
                 Check& result) {
  const auto count = [&](Tri value) {
    return with(machine, [&](const PeerLink& link) { return (link.*answer).value == value; })
        .size();
  };
  const std::size_t all = machine.links.size();
  const std::size_t unknown = count(Tri::unknown);
  result.outcome = outcome_of(every, count(Tri::yes), unknown, all);
  result.reason = fmt::format("{} on {} of {} ordered pairs", what, count(Tri::yes), all);
  if (unknown > 0) result.reason += fmt::format(", {} could not be asked", unknown);
}

/// Says why where there is no pair to look at.
bool without_pairs(const Machine& machine, Check& result) {
  if (!machine.links.empty()) return false;
  const bool hidden = has(machine, machine::Modifier::hidden_gpus);
  result.outcome = Outcome::not_met;
  result.reason = hidden ? "only one GPU is visible, so this process has no pair of them; others "
                           "are hidden from it"
                         : "only one GPU is visible: a peer link needs two";
  result.advice = hidden ? show_hidden : "run it on a machine with two GPUs or more";
  return true;
}

}  // namespace

void check_nvlink(const Machine& machine, bool every, Check& result) {
  result.evidence.push_back(visible_gpus(machine));
  if (without_pairs(machine, result)) return;
  judge_pairs(machine, every, "NVLink is up", &PeerLink::nvlink, result);
  const std::size_t all = machine.links.size();
  add_evidence("NVLink (NVML)", all_links(machine), all, nvlink_words, result.evidence);
  const Links refused = with(machine, [](const PeerLink& link) {
    return is_yes(link.nvlink.value) && is_no(link.can_access.value);
  });
  add_evidence("cudaDeviceCanAccessPeer", refused, all, access_words, result.evidence);
  if (result.outcome == Outcome::cannot_tell) result.advice = ask_nvml;
  if (result.outcome != Outcome::not_met) return;
  const Links down = with(machine, [](const PeerLink& link) {
    return is_no(link.nvlink.value) && link.links_present.value_or(0) > 0;
  });
  result.advice =
      down.empty() ? "nvidia-smi topo -m shows how the GPUs are joined; the requirement p2p asks "
                     "for peer access over any link"
                   : "reseat the bridge and see nvidia-smi nvlink --status; on machines with "
                     "switches see that nvidia-fabricmanager runs";
}

void check_p2p(const Machine& machine, bool every, Check& result) {
  result.evidence.push_back(visible_gpus(machine));
  if (without_pairs(machine, result)) return;
  judge_pairs(machine, every, "peer access is offered", &PeerLink::can_access, result);
  const std::size_t all = machine.links.size();
  add_evidence("cudaDeviceCanAccessPeer", all_links(machine), all, access_words, result.evidence);
  const Links refused = with(machine, [](const PeerLink& link) {
    return is_no(link.can_access.value) && !link.allowed.read.raw.empty();
  });
  add_evidence("nvmlDeviceGetP2PStatus, read,", refused, all, refusal_words, result.evidence);
  if (result.outcome == Outcome::cannot_tell) {
    result.advice = "see `peerbench machine` for what the CUDA runtime answers";
  } else if (result.outcome == Outcome::not_met && refused.empty()) {
    result.advice = "nvidia-smi topo -p2p r shows the driver's reason";
  } else if (result.outcome == Outcome::not_met) {
    const auto [word, meaning] = refusal_words(*refused[0]);
    result.reason += fmt::format("; the driver's word for it is {}: {}", word, meaning);
    result.advice = "`peerbench machine` says what can be done about it, where something can";
  }
}

}  // namespace peerbench::judge
