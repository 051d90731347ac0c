// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "judge/describe_pairs.hpp"
#include "judge/requirement_checks.hpp"

namespace peerbench::judge {

using machine::Evidence;
using machine::Machine;
using machine::PeerLink;
using result::Check;
using result::Outcome;

namespace {

/// What speaks against "no peer link".
void contradictions(const Machine& machine, std::vector<Evidence>& lines) {
  const std::size_t all = machine.links.size();
  add_evidence("NVLink (NVML)",
               with(machine, [](const PeerLink& link) { return is_yes(link.nvlink.value); }), all,
               describe_nvlink, lines);
  add_evidence("cudaDeviceCanAccessPeer",
               with(machine, [](const PeerLink& link) { return is_yes(link.can_access.value); }),
               all, describe_access, lines);
}

/// What leaves "no peer link" unsure although nothing speaks against it.
struct Caveat {
  Evidence evidence;
  std::string advice;
};

void caveats_of_machine(const result::Run& run, std::vector<Caveat>& caveats) {
  using machine::Modifier;
  const Machine& machine = run.machine;
  const auto add = [&](Modifier modifier, const char* meaning, const char* advice) {
    if (!has(machine, modifier)) return;
    caveats.push_back({{"modifier of the machine", name(modifier), meaning}, advice});
  };
  if (has(machine, Modifier::hidden_gpus)) {
    caveats.push_back({visible_gpus(run), show_hidden(run)});
  }
  add(Modifier::mig, "slices say nothing about the links of the GPU they are cut from",
      "check on the whole card (nvidia-smi -mig 0, as administrator)");
  add(Modifier::virtual_gpu, "a virtual machine sees only the links its host hands on",
      "check on the host of the virtual machine");
  add(Modifier::wsl2, "NVML is limited under WSL2, so links may be up unseen", leave_wsl);
}

void caveats_of_links(const result::Run& run, std::vector<Caveat>& caveats) {
  const Machine& machine = run.machine;
  for (const machine::Gpu& gpu : machine.gpus) {
    const std::string asked = fmt::format("gpu{} NVLinks up", gpu.ordinal);
    if (!gpu.nvlinks_up) {
      // On a Jetson there is nothing to install: its NVML knows little or nothing of the GPU.
      caveats.push_back({{asked, "not known", "NVML could not be asked about them"},
                         is_yes(gpu.integrated.value)
                             ? "`peerbench machine` shows what else is known of this machine"
                             : ask_nvml(run)});
    } else if (*gpu.nvlinks_up > links_to_visible(machine, gpu.ordinal)) {
      caveats.push_back(
          {{asked, fmt::format("{}", *gpu.nvlinks_up), "they lead out of what this process sees"},
           "see nvidia-smi topo -m on the whole machine for what is at their other end"});
    }
  }
  std::vector<Evidence> unknown;
  const std::size_t all = machine.links.size();
  const auto is_unknown = [](Signal PeerLink::*answer) {
    return [=](const PeerLink& link) { return (link.*answer).value == Tri::unknown; };
  };
  add_evidence("NVLink (NVML)", with(machine, is_unknown(&PeerLink::nvlink)), all, describe_nvlink,
               unknown);
  add_evidence("cudaDeviceCanAccessPeer", with(machine, is_unknown(&PeerLink::can_access)), all,
               describe_access, unknown);
  for (Evidence& line : unknown) caveats.push_back({std::move(line), ask_nvml(run)});
}

/// Why nothing joins the GPUs: the machine's own numbered proof where it has one.
std::vector<Evidence> proof_of(const result::Run& run) {
  const Machine& machine = run.machine;
  if (!machine.proof.empty()) return machine.proof;
  std::vector<Evidence> lines = {visible_gpus(run)};
  for (const machine::Gpu& gpu : machine.gpus) {
    lines.push_back({fmt::format("gpu{} NVLinks up", gpu.ordinal),
                     fmt::format("{}", gpu.nvlinks_up.value_or(0)), "none leads to another GPU"});
    if (gpu.c2c_links == 0) continue;
    lines.push_back({fmt::format("gpu{} NVLink-C2C links up", gpu.ordinal),
                     fmt::format("{}", gpu.c2c_links), "to the CPU of the same package"});
  }
  const std::size_t all = machine.links.size();
  add_evidence("NVLink (NVML)", all_links(machine), all, describe_nvlink, lines);
  add_evidence("cudaDeviceCanAccessPeer", all_links(machine), all, describe_access, lines);
  return lines;
}

}  // namespace

void check_no_peer_link(const result::Run& run, Check& result) {
  const Machine& machine = run.machine;
  contradictions(machine, result.evidence);
  if (!result.evidence.empty()) {
    const bool nvlink = std::ranges::any_of(
        machine.links, [](const PeerLink& link) { return is_yes(link.nvlink.value); });
    result.outcome = Outcome::not_met;
    result.reason = nvlink ? "an NVLink joins GPUs of this machine"
                           : "GPUs of this machine may access each other's memory directly";
    result.advice =
        "this machine has a peer link: take no-peer-link out of --require, or run on another "
        "machine";
    return;
  }
  std::vector<Caveat> caveats;
  caveats_of_machine(run, caveats);
  caveats_of_links(run, caveats);
  if (!caveats.empty()) {
    const Evidence& first = caveats[0].evidence;
    result.outcome = Outcome::cannot_tell;
    result.reason = fmt::format("no peer link is visible, but that is not confirmed: {} {} ({})",
                                first.asked, first.answer, first.meaning);
    result.advice = caveats[0].advice;
    for (Caveat& caveat : caveats) result.evidence.push_back(std::move(caveat.evidence));
    return;
  }
  result.outcome = Outcome::met;
  result.reason = machine.gpus.size() == 1
                      ? "one GPU, none hidden, and no NVLink of it is up: no peer "
                        "(GPU-to-GPU) link exists"
                      : fmt::format(
                            "{} GPUs, but no NVLink between them is up and CUDA offers no "
                            "peer access: data go through host memory",
                            machine.gpus.size());
  result.evidence = proof_of(run);
}

}  // namespace peerbench::judge
