// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "machine/classify.hpp"
#include "machine/proof.hpp"

namespace peerbench::machine {

namespace {

std::string answer(const Signal& signal) {
  return signal.raw.empty() ? name(signal.value) : signal.raw;
}

void counts(const Signals& signals, std::vector<Evidence>& lines) {
  std::string meaning = "GPUs this process can use";
  if (signals.cuda_count == 0) meaning = "no GPU can be used by this process";
  if (signals.cuda_count == 1) meaning = "no pair of GPUs exists for this process";
  lines.push_back(
      {"cudaGetDeviceCount",
       signals.cuda_error.empty() ? fmt::format("{}", signals.cuda_count) : signals.cuda_error,
       meaning});
  if (signals.nvml_count) {
    const int hidden = *signals.nvml_count - signals.cuda_count;
    lines.push_back({"nvmlDeviceGetCount", fmt::format("{}", *signals.nvml_count),
                     hidden > 0   ? fmt::format("{} more than CUDA shows", hidden)
                     : hidden < 0 ? "fewer than CUDA shows: slices, or NVML sees only part"
                                  : "as many as CUDA shows"});
  } else {
    lines.push_back(
        {"NVML", answer(signals.nvml), "not to be asked: links and hidden GPUs stay unknown"});
  }
  if (is_yes(signals.pci_listed.value)) {
    const int more = static_cast<int>(signals.pci_gpus.size()) - signals.cuda_count;
    lines.push_back({"NVIDIA GPUs in the kernel's PCI tree",
                     fmt::format("{}", signals.pci_gpus.size()),
                     more > 0   ? fmt::format("{} more than CUDA shows", more)
                     : more < 0 ? "fewer than CUDA shows: integrated, sliced or passed on"
                                : "as many as CUDA shows"});
  }
  if (signals.cuda_visible_devices) {
    lines.push_back({"CUDA_VISIBLE_DEVICES", fmt::format("\"{}\"", *signals.cuda_visible_devices),
                     "limits what CUDA shows"});
  }
}

void kernel(const Signals& signals, std::vector<Evidence>& lines) {
  if (signals.gpus.empty()) {
    lines.push_back({"NVIDIA kernel module", answer(signals.kernel_module),
                     is_yes(signals.kernel_module.value)  ? "the driver is loaded"
                     : is_no(signals.kernel_module.value) ? "no driver is loaded"
                                                          : "could not be asked"});
  }
  if (is_yes(signals.wsl.value)) {
    lines.push_back({"kernel", answer(signals.wsl),
                     "Windows Subsystem for Linux: NVML and peer information are limited there"});
  }
  if (is_yes(signals.container.value)) {
    lines.push_back({"container", answer(signals.container),
                     "all that follows is what this container is shown"});
  }
  if (!signals.product.empty()) {
    lines.push_back({"product", signals.product, "printed only; decides nothing"});
  }
}

void memory(const GpuSignals& gpu, std::vector<Evidence>& lines) {
  const std::string who = fmt::format("gpu{}", gpu.gpu.ordinal);
  std::string meaning = "could not be asked";
  switch (memory_kind(gpu)) {
    case MemoryKind::one_pool:
      meaning = "shares the host's memory";
      break;
    case MemoryKind::coherent:
      meaning = "has its own memory, coherent with the host's";
      break;
    case MemoryKind::own:
      meaning = is_no(gpu.gpu.host_page_tables.value)
                    ? "has its own memory"
                    : "has its own memory; coherence with the host's could not be asked";
      break;
    case MemoryKind::unknown:
      break;
  }
  lines.push_back({who + " integrated, uses host page tables, memory is a NUMA node",
                   fmt::format("{}, {}, {}", answer(gpu.gpu.integrated),
                               answer(gpu.gpu.host_page_tables), answer(gpu.memory_node)),
                   meaning});
  if (is_no(gpu.framebuffer.value) && is_yes(gpu.gpu.integrated.value)) {
    lines.push_back(
        {who + " nvmlDeviceGetMemoryInfo", answer(gpu.framebuffer), "no memory of its own"});
  }
}

void nvlinks(const GpuSignals& gpu, std::vector<Evidence>& lines) {
  const std::string who = fmt::format("gpu{}", gpu.gpu.ordinal);
  const auto count = [&](auto wanted) {
    return std::count_if(gpu.ports.begin(), gpu.ports.end(), wanted);
  };
  const auto up = count([](const NvlinkPort& port) { return is_yes(port.up.value); });
  if (is_yes(gpu.nvlinks_asked.value)) {
    const auto to = [&](NvlinkPort::Remote remote) {
      return count(
          [&](const NvlinkPort& port) { return is_yes(port.up.value) && port.remote == remote; });
    };
    lines.push_back(
        {who + " NVLinks", fmt::format("{} present, {} up", gpu.ports.size(), up),
         up == 0 ? "no link leads anywhere"
                 : fmt::format("{} to GPUs, {} to switches, {} elsewhere or not known",
                               to(NvlinkPort::Remote::gpu), to(NvlinkPort::Remote::nvswitch),
                               to(NvlinkPort::Remote::other) + to(NvlinkPort::Remote::unknown))});
  } else {
    lines.push_back({who + " NVLinks", answer(gpu.nvlinks_asked),
                     is_no(gpu.nvlinks_asked.value) ? "this GPU has none" : "could not be asked"});
  }
  if (gpu.c2c_links > 0) {
    lines.push_back({who + " NVLink-C2C",
                     fmt::format("{} links x {:.0f} MB/s", gpu.c2c_links, gpu.c2c_mbps),
                     "joins CPU and GPU inside the package; it is not a peer link"});
  }
}

/// What the driver keeps and what the fabric is ready for.
void state(const GpuSignals& gpu, std::vector<Evidence>& lines) {
  const std::string who = fmt::format("gpu{}", gpu.gpu.ordinal);
  if (is_no(gpu.persistence.value)) {
    lines.push_back(
        {who + " persistence mode", "off",
         "the driver sets the GPU up anew for each program; nvidia-smi -pm 1 keeps it"});
  }
  // A slice has no NVLinks of its own.
  if (gpu.fabric.value != Tri::unknown && !is_yes(gpu.mig.value)) {
    lines.push_back({who + " NVLink fabric", gpu.fabric.raw,
                     is_yes(gpu.fabric.value) ? "NVLS (multicast over NVSwitch) can be used"
                                              : "NVLS (multicast over NVSwitch) cannot be used"});
  }
}

void imex(const Signals& signals, std::vector<Evidence>& lines) {
  if (signals.imex_channels.value == Tri::unknown) return;
  lines.push_back({"IMEX channels", signals.imex_channels.raw,
                   is_yes(signals.imex_channels.value)
                       ? "memory can be shared over NVLink with other nodes"
                       : "no memory can be shared over NVLink with other nodes"});
}

void pairs(const Signals& signals, const std::vector<PeerLink>& links,
           std::vector<Evidence>& lines) {
  if (links.empty()) return;
  const auto count = [&](Tri value) {
    return std::count_if(links.begin(), links.end(),
                         [&](const PeerLink& link) { return link.can_access.value == value; });
  };
  std::set<std::string> words;
  for (const PairSignals& pair : signals.pairs) {
    if (!pair.allowed.read.raw.empty()) words.insert(pair.allowed.read.raw);
  }
  std::string status;
  for (const auto& word : words) status += (status.empty() ? "" : ", ") + word;
  const auto unknown = count(Tri::unknown);
  lines.push_back(
      {"cudaDeviceCanAccessPeer",
       fmt::format("{} of {} ordered pairs{}", count(Tri::yes), links.size(),
                   unknown > 0 ? fmt::format(", {} could not be asked", unknown) : ""),
       status.empty()
           ? "peer access as CUDA offers it"
           : fmt::format("peer access as CUDA offers it; NVML's P2P read status: {}", status)});
}

/// With one GPU or none in the machine there is no peer link; how sure that is depends on NVML.
void peer_verdict(const Signals& signals, const Classification& result,
                  std::vector<Evidence>& lines) {
  if (signals.gpus.size() != 1) return;
  const auto has = [&](Modifier modifier) {
    return std::ranges::count(result.modifiers, modifier) > 0;
  };
  const GpuSignals& gpu = signals.gpus[0];
  if (has(Modifier::hidden_gpus)) {
    lines.push_back(
        {"peer (GPU-to-GPU) NVLink", "not known", "other GPUs are hidden from this process"});
    return;
  }
  if (has(Modifier::mig) || has(Modifier::virtual_gpu)) {
    lines.push_back({"peer (GPU-to-GPU) NVLink", "not known",
                     "a slice or a virtual GPU cannot see what the whole card is joined to"});
    return;
  }
  const bool up = std::any_of(gpu.ports.begin(), gpu.ports.end(),
                              [](const NvlinkPort& port) { return is_yes(port.up.value); });
  if (up) {
    lines.push_back({"peer (GPU-to-GPU) NVLink", "leads out of what this process sees",
                     "the GPU at the other end, or the switch's others, belong to someone else"});
    return;
  }
  std::string sure = "confirmed by NVML: one GPU, no NVLink up";
  if (certainty(signals) == Certainty::this_process_only) sure = "for this process only";
  if (certainty(signals) == Certainty::not_by_nvml) {
    sure = "none visible to CUDA; not confirmed by NVML";
  }
  lines.push_back({"peer (GPU-to-GPU) NVLink", "none", sure});
}

}  // namespace

std::vector<Evidence> evidence(const Signals& signals, const std::vector<PeerLink>& links,
                               const Classification& result) {
  std::vector<Evidence> lines;
  counts(signals, lines);
  kernel(signals, lines);
  for (const GpuSignals& gpu : signals.gpus) memory(gpu, lines);
  for (const GpuSignals& gpu : signals.gpus) nvlinks(gpu, lines);
  for (const GpuSignals& gpu : signals.gpus) state(gpu, lines);
  imex(signals, lines);
  pairs(signals, links, lines);
  peer_verdict(signals, result, lines);
  return lines;
}

}  // namespace peerbench::machine
