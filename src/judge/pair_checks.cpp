// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "judge/describe_pairs.hpp"
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

/// Outcome and reason for one answer about all pairs; `what` is "NVLink is up". `no_proves`: a no
/// is one, and does not only mean that nothing was seen.
void judge_pairs(const Machine& machine, bool every, const char* what, Signal PeerLink::*answer,
                 bool no_proves, Check& result) {
  const auto count = [&](Tri value) {
    return with(machine, [&](const PeerLink& link) { return (link.*answer).value == value; })
        .size();
  };
  const std::size_t all = machine.links.size();
  const std::size_t unasked = count(Tri::unknown);
  const std::size_t unproven = no_proves ? 0 : count(Tri::no);
  result.outcome = outcome_of(every, count(Tri::yes), unasked + unproven, all);
  result.reason = fmt::format("{} on {} of {} ordered pairs", what, count(Tri::yes), all);
  if (unasked > 0) result.reason += fmt::format(", {} could not be asked", unasked);
  if (unproven > 0) {
    result.reason += fmt::format(", that none is shown on {} proves nothing", unproven);
  }
}

/// With a no for pairs whose peer access CUDA offered and could not enable when it was measured.
Machine as_enabled(const result::Run& run) {
  Machine machine = run.machine;
  for (const machine::Finding& finding : run.findings) {
    if (finding.code != machine::FindingCode::peer_access_not_enabled) continue;
    for (PeerLink& link : machine.links) {
      const auto [from, to] = std::minmax(link.from, link.to);
      const machine::Subject pair = machine::pair_subject(from, to);
      if (std::ranges::count(finding.subjects, pair) == 0) continue;
      link.can_access = {Tri::no, machine::quote(finding.quotes, "error")};
    }
  }
  return machine;
}

/// Says why where there is no pair to look at.
bool without_pairs(const result::Run& run, Check& result) {
  if (!run.machine.links.empty()) return false;
  if (only_chosen(run)) {
    result.outcome = Outcome::not_met;
    result.reason = "only one GPU is chosen: a peer link needs two";
    result.advice = "name two GPUs or more with --gpus, or pairs with --pairs";
    return true;
  }
  const bool hidden = has(run.machine, machine::Modifier::hidden_gpus);
  result.outcome = Outcome::not_met;
  result.reason = hidden ? "only one GPU is visible, so this process has no pair of them; others "
                           "are hidden from it"
                         : "only one GPU is visible: a peer link needs two";
  result.advice = hidden ? show_hidden(run) : "run it on a machine with two GPUs or more";
  return true;
}

}  // namespace

void check_nvlink(const result::Run& run, bool every, Check& result) {
  const Machine& machine = run.machine;
  result.evidence.push_back(visible_gpus(run));
  if (without_pairs(run, result)) return;
  judge_pairs(machine, every, "NVLink is up", &PeerLink::nvlink, !links_may_be_unseen(machine),
              result);
  const std::size_t all = machine.links.size();
  add_evidence("NVLink (NVML)", all_links(machine), all, describe_nvlink, result.evidence);
  const Links refused = with(machine, [](const PeerLink& link) {
    return is_yes(link.nvlink.value) && is_no(link.can_access.value);
  });
  add_evidence("cudaDeviceCanAccessPeer", refused, all, describe_access, result.evidence);
  if (result.outcome == Outcome::cannot_tell) result.advice = ask_nvml(run);
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

void check_p2p(const result::Run& run, bool every, Check& result) {
  const Machine machine = as_enabled(run);
  result.evidence.push_back(visible_gpus(run));
  if (without_pairs(run, result)) return;
  judge_pairs(machine, every, "peer access is offered", &PeerLink::can_access, true, result);
  const std::size_t all = machine.links.size();
  add_evidence("cudaDeviceCanAccessPeer", all_links(machine), all, describe_access,
               result.evidence);
  const Links refused = with(machine, [](const PeerLink& link) {
    return is_no(link.can_access.value) && !link.allowed.read.raw.empty();
  });
  add_evidence("nvmlDeviceGetP2PStatus, read,", refused, all, describe_refusal, result.evidence);
  const machine::Finding* failed =
      machine::find_finding(run.findings, machine::FindingCode::peer_access_not_enabled);
  if (result.outcome == Outcome::cannot_tell) {
    result.advice = "see `peerbench machine` for what the CUDA runtime answers";
  } else if (result.outcome == Outcome::not_met && failed != nullptr) {
    result.reason += "; " + failed->what;
    result.advice = failed->advice;
  } else if (result.outcome == Outcome::not_met && refused.empty()) {
    result.advice = "nvidia-smi topo -p2p r shows the driver's reason";
  } else if (result.outcome == Outcome::not_met) {
    const auto [word, meaning] = describe_refusal(*refused[0]);
    result.reason += fmt::format("; the driver's word for it is {}: {}", word, meaning);
    result.advice = "`peerbench machine` says what can be done about it, where something can";
  }
}

}  // namespace peerbench::judge
