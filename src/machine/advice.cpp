// SPDX-License-Identifier: Apache-2.0
#include "machine/advice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace peerbench::machine {

namespace {

using Lines = std::vector<std::string>;

/// What to do where no finding says it.
void no_gpu(const Signals& signals, Lines& lines) {
  if (signals.cuda_visible_devices) {
    lines.push_back(
        fmt::format("CUDA_VISIBLE_DEVICES is \"{}\", which hides every GPU it does not "
                    "name: unset it and try again",
                    *signals.cuda_visible_devices));
    if (signals.nvml_count.value_or(1) > 0 && !is_no(signals.kernel_module.value)) return;
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

/// An error that keeps CUDA from starting says what to do; gpus_without_cuda does not know it.
const Finding* cause(const std::vector<Finding>& findings) {
  const auto found = std::ranges::find_if(findings, [](const Finding& finding) {
    return finding.severity == Severity::error && finding.code != FindingCode::gpus_without_cuda;
  });
  return found == findings.end() ? nullptr : &*found;
}

void gpus_in_the_tree(const Signals& signals, Lines& lines) {
  if (signals.pci_gpus.empty()) return;
  lines.push_back(fmt::format(
      "The kernel's PCI tree shows {} of NVIDIA ({})",
      signals.pci_gpus.size() == 1 ? "a GPU" : fmt::format("{} GPUs", signals.pci_gpus.size()),
      fmt::join(signals.pci_gpus, ", ")));
}

/// Kernels that wait for others last as long as those; with a display the driver ends them.
void display_watchdog(const Signals& signals, Lines& lines) {
  Lines watched;
  for (const GpuSignals& gpu : signals.gpus) {
    if (is_yes(gpu.exec_timeout.value)) watched.push_back(fmt::format("gpu{}", gpu.gpu.ordinal));
  }
  if (watched.empty()) return;
  lines.push_back(fmt::format(
      "The driver ends kernels of {} that last for seconds, because a display hangs on it "
      "(cudaDevAttrKernelExecTimeout is 1): where cells fail with cudaErrorLaunchTimeout, measure "
      "without a graphical session, or set Option \"Interactive\" \"off\" in the X server's Device "
      "section",
      fmt::join(watched, ", ")));
}

}  // namespace

std::vector<std::string> advice(const Signals& signals, const Machine& machine) {
  Lines lines;
  if (signals.gpus.empty()) {
    if (const Finding* known = cause(machine.findings)) return {known->advice};
    no_gpu(signals, lines);
    gpus_in_the_tree(signals, lines);
    return lines;
  }
  if (std::ranges::count(machine.modifiers, Modifier::mig) > 0) {
    lines.push_back(
        "MIG is on: figures are of one slice, and slices have no peer access; for the "
        "whole card an administrator runs nvidia-smi -mig 0");
  }
  display_watchdog(signals, lines);
  // What holds its clocks NVML does not say there; the product only chooses the hint.
  if (signals.product.find("Jetson") != std::string::npos) {
    lines.push_back(
        "A Jetson's power mode holds its clocks, and so its memory's rate: nvpmodel -q names the "
        "mode; for the highest an administrator runs nvpmodel -m 0, then jetson_clocks");
  }
  return lines;
}

}  // namespace peerbench::machine
