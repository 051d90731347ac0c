#include "machine/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace peerbench::machine {

namespace {

using Lines = std::vector<std::string>;

bool has(const Classification& result, Modifier modifier) {
  return std::find(result.modifiers.begin(), result.modifiers.end(), modifier) !=
         result.modifiers.end();
}

/// 12040 is "12.4".
std::string cuda_version(int number) {
  return fmt::format("{}.{}", number / 1000, number % 1000 / 10);
}

void no_gpu(const Signals& signals, Lines& lines) {
  if (signals.cuda_visible_devices) {
    lines.push_back(
        fmt::format("CUDA_VISIBLE_DEVICES is \"{}\", which hides every GPU it does not "
                    "name: unset it and try again",
                    *signals.cuda_visible_devices));
    if (signals.nvml_count.value_or(1) > 0 && !is_no(signals.kernel_module.value)) return;
  }
  if (signals.driver_cuda_version > 0 &&
      signals.driver_cuda_version / 1000 < signals.runtime_version / 1000 &&
      signals.cuda_error == "cudaErrorInsufficientDriver") {
    lines.push_back(fmt::format(
        "The NVIDIA driver serves CUDA {}, this program needs {}: update "
        "the driver",
        cuda_version(signals.driver_cuda_version), cuda_version(signals.runtime_version)));
    return;
  }
  const bool container = is_yes(signals.container.value);
  if (!is_yes(signals.kernel_module.value)) {
    if (is_yes(signals.wsl.value)) {
      lines.push_back(
          "No NVIDIA driver is visible under WSL2: install the driver in Windows, not "
          "in Linux, then run wsl --update");
    } else if (container) {
      lines.push_back(
          "No NVIDIA driver is visible in this container: start it with --gpus all "
          "(needs the NVIDIA Container Toolkit on the host)");
    } else {
      lines.push_back(
          "No NVIDIA driver is loaded: if the machine has an NVIDIA GPU, install the "
          "distribution's driver package, reboot, and see that nvidia-smi lists it");
    }
    return;
  }
  if (signals.driver_cuda_version == 0) {
    lines.push_back(container ? "The NVIDIA kernel module is loaded, but the container has no CUDA "
                                "driver library: start it with --gpus all and "
                                "NVIDIA_DRIVER_CAPABILITIES=compute,utility"
                              : "The NVIDIA kernel module is loaded, but libcuda.so.1 is missing: "
                                "install the compute part of the same driver version");
    return;
  }
  lines.push_back(
      fmt::format("The NVIDIA driver is loaded but offers no GPU ({}): see what "
                  "nvidia-smi and the kernel log (dmesg, lines with NVRM) say",
                  signals.cuda_error.empty() ? "count 0" : signals.cuda_error));
  if (container) {
    lines.push_back("In a container: start it with --gpus all, and see that /dev/nvidia0 exists");
  }
  // A GB10 whose kernel lacks shared virtual addressing starts no CUDA at all (siderolabs/talos
  // issue 14087). The product only chooses the hint, never the class.
  if (signals.product.find("Spark") != std::string::npos) {
    lines.push_back(
        "On a DGX Spark the kernel must be built with CONFIG_ARM_SMMU_V3_SVA; the "
        "kernel NVIDIA ships is");
  }
}

void hidden(const Signals& signals, Lines& lines) {
  const int missing = *signals.nvml_count - signals.cuda_count;
  const std::string who =
      fmt::format("{} GPU{} hidden from this process", missing, missing == 1 ? " is" : "s are");
  if (signals.cuda_visible_devices) {
    lines.push_back(fmt::format("{} by CUDA_VISIBLE_DEVICES=\"{}\": unset it to see all", who,
                                *signals.cuda_visible_devices));
  } else {
    lines.push_back(who +
                    ": NVML sees them, CUDA does not; look for a compute mode of prohibited "
                    "(nvidia-smi -q -d COMPUTE) or a failed GPU (dmesg, lines with NVRM)");
  }
}

/// Why a pair has no peer access, in the words of nvidia-smi topo -p2p.
std::string refusal(const std::string& word) {
  if (word == "CNS") {
    return "the driver does not know the chipset between the GPUs (CNS): usual in virtual "
           "machines, where the hypervisor must put the GPUs into one peer group";
  }
  if (word == "GNS") {
    return "the driver does not offer it for this GPU model (GNS): NVIDIA leaves peer access over "
           "PCIe out on most GeForce cards";
  }
  if (word == "TNS") {
    return "the PCIe topology between the GPUs does not carry it (TNS): put both cards under one "
           "CPU socket";
  }
  if (word == "DR") return "a registry key of the driver disables it (DR)";
  return "";
}

void pairs(const Signals& signals, const std::vector<PeerLink>& links, Lines& lines) {
  std::set<std::string> words;
  bool down = false;
  bool part = false;
  bool none_up = true;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const PeerLink& link = links[i];
    if (is_no(link.can_access.value)) words.insert(signals.pairs[i].allowed.read.raw);
    const int up = link.links_up.value_or(0);
    const int present = link.links_present.value_or(0);
    none_up = none_up && up == 0;
    down = down || (present > 0 && up == 0);
    part = part || (up > 0 && up < present);
  }
  if (part) {
    lines.push_back(
        "Some NVLinks of a joined pair are down, which costs their share of the rate: "
        "reseat the bridge and compare nvidia-smi nvlink --status of both cards");
  }
  if (down && none_up) {
    lines.push_back(
        "The cards have NVLinks, all down: without a bridge that is normal; with one, "
        "reseat it, and on machines with switches see that nvidia-fabricmanager runs");
  }
  for (const auto& word : words) {
    if (const auto why = refusal(word); !why.empty()) {
      lines.push_back("No peer access between some GPUs: " + why);
    }
  }
}

}  // namespace

std::vector<std::string> advice(const Signals& signals, const std::vector<PeerLink>& links,
                                const Classification& result) {
  Lines lines;
  if (signals.gpus.empty()) {
    no_gpu(signals, lines);
    return lines;
  }
  if (has(result, Modifier::hidden_gpus)) hidden(signals, lines);
  pairs(signals, links, lines);
  if (result.machine_class == Class::discrete_unknown_link) {
    lines.push_back(
        fmt::format("What joins the GPUs is not confirmed ({}): NVML comes with the "
                    "driver; in a container add NVIDIA_DRIVER_CAPABILITIES=utility",
                    signals.nvml.raw));
  }
  if (has(result, Modifier::mig)) {
    lines.push_back(
        "MIG is on: figures are of one slice, and slices have no peer access; for the "
        "whole card an administrator runs nvidia-smi -mig 0");
  }
  return lines;
}

}  // namespace peerbench::machine
