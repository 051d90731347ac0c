// SPDX-License-Identifier: Apache-2.0
#include "machine/classify.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace peerbench::machine {

MemoryKind memory_kind(const GpuSignals& gpu) {
  if (is_yes(gpu.gpu.integrated.value)) return MemoryKind::one_pool;
  if (gpu.gpu.integrated.value == Tri::unknown) return MemoryKind::unknown;
  if (is_yes(gpu.gpu.host_page_tables.value) || is_yes(gpu.memory_node.value)) {
    return MemoryKind::coherent;
  }
  return MemoryKind::own;
}

int hidden_gpus(const Signals& signals) {
  const int by_nvml = signals.nvml_count.value_or(0);
  // Without any GPU for CUDA it is the driver that is missing, or this process was given none.
  const int by_pci = signals.cuda_count > 0 ? static_cast<int>(signals.pci_gpus.size()) : 0;
  return std::max(0, std::max(by_nvml, by_pci) - signals.cuda_count);
}

namespace {

std::vector<Modifier> modifiers(const Signals& signals) {
  std::vector<Modifier> found;
  const auto any = [&](Signal GpuSignals::*signal) {
    return std::any_of(signals.gpus.begin(), signals.gpus.end(),
                       [&](const GpuSignals& gpu) { return is_yes((gpu.*signal).value); });
  };
  const bool mig =
      any(&GpuSignals::mig) || signals.cuda_visible_devices.value_or("").starts_with("MIG-");
  if (is_yes(signals.wsl.value)) found.push_back(Modifier::wsl2);
  if (mig) found.push_back(Modifier::mig);
  if (any(&GpuSignals::virtual_gpu)) found.push_back(Modifier::virtual_gpu);
  // NVML counts boards. With MIG one board is several devices or one slice of it, so the counts
  // say nothing about hidden ones.
  if (!mig && hidden_gpus(signals) > 0) found.push_back(Modifier::hidden_gpus);
  return found;
}

/// The class of two or more GPUs with memory of their own.
void classify_several(const Signals& signals, const std::vector<PeerLink>& links,
                      Classification& result) {
  const auto count = [&](Tri value) {
    return std::count_if(links.begin(), links.end(),
                         [&](const PeerLink& link) { return link.nvlink.value == value; });
  };
  const auto up = count(Tri::yes);
  const auto gpus = signals.gpus.size();
  if (up > 0) {
    const bool access = std::any_of(links.begin(), links.end(), [](const PeerLink& link) {
      return is_yes(link.nvlink.value) && is_yes(link.can_access.value);
    });
    result.machine_class = Class::discrete_nvlink;
    result.reason = fmt::format(
        "{} GPUs with their own memory; NVLink is up on {} of {} ordered "
        "pairs{}",
        gpus, up, links.size(), access ? "" : ", but CUDA offers no peer access over it");
  } else if (count(Tri::unknown) > 0) {
    result.machine_class = Class::discrete_unknown_link;
    result.reason = fmt::format(
        "{} GPUs with their own memory; what joins them is not confirmed, "
        "because NVML could not be asked about their links ({})",
        gpus, links.empty() ? signals.nvml.raw : links[0].nvlink.raw);
  } else {
    const bool down = std::any_of(links.begin(), links.end(), [](const PeerLink& link) {
      return link.links_present.value_or(0) > 0;
    });
    result.machine_class = Class::discrete_pcie;
    result.reason = fmt::format(
        "{} GPUs with their own memory; NVML finds no NVLink up between "
        "them{}, so they are joined by PCIe only",
        gpus, down ? " (the GPUs have links, all down)" : "");
  }
}

void classify_one(const Signals& signals, Classification& result) {
  result.machine_class = Class::single_gpu;
  const bool hidden = std::find(result.modifiers.begin(), result.modifiers.end(),
                                Modifier::hidden_gpus) != result.modifiers.end();
  const GpuSignals& gpu = signals.gpus[0];
  if (memory_kind(gpu) == MemoryKind::unknown) {
    result.reason = fmt::format("one GPU; whether it has memory of its own could not be asked ({})",
                                gpu.gpu.integrated.raw);
  } else if (hidden) {
    result.reason = fmt::format(
        "one GPU visible to this process, {} in the machine; nothing can "
        "be said about links between them",
        signals.cuda_count + hidden_gpus(signals));
  } else {
    result.reason = "one GPU with its own memory visible to this process; a peer link needs two";
  }
}

void classify_gpus(const Signals& signals, const std::vector<PeerLink>& links,
                   Classification& result) {
  const auto has = [&](MemoryKind kind) {
    return std::count_if(signals.gpus.begin(), signals.gpus.end(),
                         [&](const GpuSignals& gpu) { return memory_kind(gpu) == kind; });
  };
  const auto all = static_cast<std::ptrdiff_t>(signals.gpus.size());
  if (has(MemoryKind::one_pool) == all) {
    const bool page_tables = is_yes(signals.gpus[0].gpu.host_page_tables.value);
    result.machine_class = Class::unified_pool;
    result.reason =
        page_tables
            ? "the GPU is integrated and uses the host's page tables: CPU and GPU share one pool "
              "of memory"
            : "the GPU is integrated: CPU and GPU share one pool of memory, each with page tables "
              "of its own";
  } else if (has(MemoryKind::coherent) == all) {
    result.machine_class = Class::coherent_superchip;
    result.reason = fmt::format(
        "{} with own memory that shares the host's page tables: a coherent "
        "chip-to-chip link joins CPU and GPU",
        all == 1 ? "a GPU" : fmt::format("{} GPUs", all));
  } else if (has(MemoryKind::one_pool) > 0 || has(MemoryKind::coherent) > 0) {
    result.machine_class = Class::mixed;
    result.reason = fmt::format(
        "{} GPUs of different kinds: {} share the host's pool, {} are "
        "coherent with the host, {} have memory of their own",
        all, has(MemoryKind::one_pool), has(MemoryKind::coherent),
        all - has(MemoryKind::one_pool) - has(MemoryKind::coherent));
  } else if (all == 1) {
    classify_one(signals, result);
  } else {
    classify_several(signals, links, result);
  }
}

}  // namespace

Classification classify(const Signals& signals, const std::vector<PeerLink>& links) {
  Classification result;
  result.modifiers = modifiers(signals);
  if (signals.gpus.empty()) {
    result.reason = fmt::format("the CUDA runtime finds no GPU ({})",
                                signals.cuda_error.empty() ? "count 0" : signals.cuda_error);
  } else {
    classify_gpus(signals, links, result);
  }
  result.evidence = evidence(signals, links, result);
  return result;
}

}  // namespace peerbench::machine
