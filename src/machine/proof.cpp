// SPDX-License-Identifier: Apache-2.0
#include "machine/proof.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "machine/classify.hpp"

namespace peerbench::machine {

namespace {

bool is_up(const NvlinkPort& port) { return is_yes(port.up.value); }

/// A link that is up leads to a GPU or a switch, whether or not this process sees the other end.
bool link_leads_out(const GpuSignals& gpu) {
  return std::ranges::any_of(gpu.ports, [](const NvlinkPort& port) {
    return is_up(port) && port.remote != NvlinkPort::Remote::other;
  });
}

bool nothing_to_prove(const Signals& signals, const Machine& machine) {
  const bool hidden = std::ranges::count(machine.modifiers, Modifier::hidden_gpus) > 0;
  // A slice or a virtual GPU cannot see what the whole card is joined to.
  const bool slice = std::ranges::count(machine.modifiers, Modifier::mig) > 0 ||
                     std::ranges::count(machine.modifiers, Modifier::virtual_gpu) > 0;
  return signals.gpus.empty() || hidden || slice ||
         std::ranges::any_of(signals.gpus, link_leads_out) ||
         std::ranges::any_of(machine.links,
                             [](const PeerLink& link) { return link.can_access.value != Tri::no; });
}

Evidence visible(const Signals& signals) {
  const auto pairs = signals.pairs.size();
  if (pairs == 0) return {"cudaGetDeviceCount", "1", "no ordered pair exists"};
  return {"cudaDeviceCanAccessPeer",
          fmt::format("0 of {} ordered pairs of {} GPUs", pairs, signals.cuda_count),
          "no pair may talk directly"};
}

Evidence in_the_machine(const Signals& signals) {
  const std::string variable = fmt::format(
      "CUDA_VISIBLE_DEVICES is {}",
      signals.cuda_visible_devices ? '"' + *signals.cuda_visible_devices + '"' : "not set");
  const std::string nvml =
      signals.nvml_count ? fmt::format("{}", *signals.nvml_count) : signals.nvml.raw;
  const std::string pci = is_yes(signals.pci_listed.value)
                              ? fmt::format("{} in the kernel's PCI tree", signals.pci_gpus.size())
                              : "the kernel's PCI tree cannot be read";
  std::string meaning = "none more than CUDA shows; ";
  if (!signals.nvml_count && !is_yes(signals.pci_listed.value)) {
    meaning = "hidden GPUs are not excluded; ";
  } else if (signals.nvml_count.value_or(signals.cuda_count) < signals.cuda_count) {
    meaning = "NVML does not list all that CUDA shows; ";
  }
  return {"nvmlDeviceGetCount, PCI", nvml + "; " + pci, meaning + variable};
}

Evidence nvlinks(const Signals& signals) {
  int asked = 0;
  int up = 0;
  std::map<std::string, int> refused;
  for (const GpuSignals& gpu : signals.gpus) {
    asked += static_cast<int>(gpu.ports.size());
    up += static_cast<int>(std::ranges::count_if(gpu.ports, is_up));
    if (!is_yes(gpu.nvlinks_asked.value)) ++refused[gpu.nvlinks_asked.raw];
  }
  std::string answer = fmt::format("{} links, {} up", asked, up);
  for (const auto& [code, count] : refused) {
    answer = asked == 0 && refused.size() == 1 ? code : answer + ", " + code;
  }
  const bool unknown = std::ranges::any_of(
      signals.gpus, [](const GpuSignals& gpu) { return gpu.nvlinks_asked.value == Tri::unknown; });
  return {"nvmlDeviceGetNvLinkState", answer,
          unknown ? "not confirmed: could not be asked" : "no link leads to another GPU"};
}

void chip_to_chip(const Signals& signals, std::vector<Evidence>& lines) {
  for (const GpuSignals& gpu : signals.gpus) {
    if (gpu.c2c_links == 0) continue;
    lines.push_back({fmt::format("gpu{} NVLink-C2C", gpu.gpu.ordinal),
                     fmt::format("{} links x {:.0f} MB/s", gpu.c2c_links, gpu.c2c_mbps),
                     "joins this CPU and this GPU inside one package; not a peer link"});
  }
}

std::string raw(const Signal& signal) {
  return signal.raw.empty() ? name(signal.value) : signal.raw;
}

void one_pool(const Signals& signals, std::vector<Evidence>& lines) {
  for (const GpuSignals& gpu : signals.gpus) {
    if (memory_kind(gpu) != MemoryKind::one_pool) continue;
    lines.push_back(
        {fmt::format("gpu{} integrated, host page tables, memory node, host nodes",
                     gpu.gpu.ordinal),
         fmt::format("{}, {}, {}, {}", raw(gpu.gpu.integrated), raw(gpu.gpu.host_page_tables),
                     raw(gpu.memory_node), signals.pools.size()),
         "CPU and GPU share one pool of memory"});
    if (is_no(gpu.framebuffer.value)) {
      lines.push_back({fmt::format("gpu{} nvmlDeviceGetMemoryInfo", gpu.gpu.ordinal),
                       gpu.framebuffer.raw, "no memory of its own"});
    }
  }
}

}  // namespace

Certainty certainty(const Signals& signals) {
  const bool links_known = std::ranges::none_of(
      signals.gpus, [](const GpuSignals& gpu) { return gpu.nvlinks_asked.value == Tri::unknown; });
  if (!links_known || !signals.nvml_count) return Certainty::not_by_nvml;
  const bool passed_on = is_yes(signals.container.value) || is_yes(signals.wsl.value);
  const bool pci_known = is_yes(signals.pci_listed.value) && !signals.pci_gpus.empty();
  return passed_on && !pci_known ? Certainty::this_process_only : Certainty::confirmed;
}

void prove_no_peer_link(const Signals& signals, Machine& machine) {
  if (nothing_to_prove(signals, machine)) return;
  machine.no_peer_link = certainty(signals);
  machine.proof = {visible(signals), in_the_machine(signals), nvlinks(signals)};
  chip_to_chip(signals, machine.proof);
  const std::size_t before = machine.proof.size();
  one_pool(signals, machine.proof);
  for (std::size_t i = before; i < machine.proof.size(); ++i) {
    machine.one_pool_steps.push_back(static_cast<int>(i) + 1);
  }
  machine.proof_verdict = describe_proof(machine);
}

std::string describe_proof(const Machine& machine) {
  if (!machine.no_peer_link) return "";
  std::string verdict = "peer link: ";
  switch (*machine.no_peer_link) {
    case Certainty::confirmed:
      verdict += "none (confirmed by 1, 2, 3)";
      break;
    case Certainty::this_process_only:
      verdict += "none visible to this process; other GPUs of the machine are not excluded";
      break;
    case Certainty::not_by_nvml:
      verdict += "none visible to CUDA; not confirmed by NVML";
      break;
  }
  if (!machine.one_pool_steps.empty()) {
    verdict += fmt::format("; memory: one pool (confirmed by {})",
                           fmt::join(machine.one_pool_steps, ", "));
  }
  return verdict;
}

}  // namespace peerbench::machine
