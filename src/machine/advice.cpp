#include "machine/advice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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
  if (!signals.pci_gpus.empty()) {
    lines.push_back(fmt::format(
        "The kernel's PCI tree shows {} of NVIDIA ({})",
        signals.pci_gpus.size() == 1 ? "a GPU" : fmt::format("{} GPUs", signals.pci_gpus.size()),
        fmt::join(signals.pci_gpus, ", ")));
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
          fmt::format("No NVIDIA driver is loaded: {}install the distribution's driver package, "
                      "reboot, and see that nvidia-smi lists it",
                      signals.pci_gpus.empty() ? "if the machine has an NVIDIA GPU, " : ""));
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

}  // namespace

std::vector<std::string> advice(const Signals& signals, const Classification& result) {
  Lines lines;
  if (signals.gpus.empty()) {
    no_gpu(signals, lines);
    return lines;
  }
  if (has(result, Modifier::mig)) {
    lines.push_back(
        "MIG is on: figures are of one slice, and slices have no peer access; for the "
        "whole card an administrator runs nvidia-smi -mig 0");
  }
  // What holds its clocks NVML does not say there; the product only chooses the hint.
  if (signals.product.find("Jetson") != std::string::npos) {
    lines.push_back(
        "A Jetson's power mode holds its clocks, and so its memory's rate: nvpmodel -q names the "
        "mode; for the highest an administrator runs nvpmodel -m 0, then jetson_clocks");
  }
  return lines;
}

}  // namespace peerbench::machine
