// SPDX-License-Identifier: Apache-2.0
#include "machine/advice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "machine/builds.hpp"

namespace peerbench::machine {

namespace {

using Lines = std::vector<std::string>;

bool has(const Classification& result, Modifier modifier) {
  return std::find(result.modifiers.begin(), result.modifiers.end(), modifier) !=
         result.modifiers.end();
}

/// What the runtime's own answer at its start says, whatever else is known of the machine.
std::optional<std::string> start_error(const Signals& signals) {
  const std::string& code = signals.cuda_error;
  if (code == "cudaErrorSystemNotReady") {
    return fmt::format(
        "CUDA waits for NVIDIA's fabric manager (cudaErrorSystemNotReady, 802), as on machines "
        "with "
        "NVSwitch: see that nvidia-fabricmanager runs (systemctl status nvidia-fabricmanager) and "
        "is of the driver's version{}; where a GPU was passed through to this machine without its "
        "switches, load the driver with NVreg_NvLinkDisable=1",
        signals.driver_version.empty() ? "" : ", " + signals.driver_version);
  }
  if (code == "cudaErrorSystemDriverMismatch") {
    return fmt::format(
        "The NVIDIA kernel module{} and the CUDA driver library are of different versions "
        "(cudaErrorSystemDriverMismatch, 803): reboot after an update of the driver{}",
        signals.driver_version.empty() ? "" : " " + signals.driver_version,
        is_yes(signals.container.value)
            ? "; in a container, use the library that the NVIDIA Container Toolkit mounts, not one "
              "of the image"
            : "");
  }
  if (code == "cudaErrorCompatNotSupportedOnDevice") {
    return "A CUDA driver library for forward compatibility is in use, which serves data centre "
           "GPUs only (cudaErrorCompatNotSupportedOnDevice, 804): take the cuda-compat package out "
           "of the library path (LD_LIBRARY_PATH, /etc/ld.so.conf.d), or update the driver";
  }
  if (code == "cudaErrorStubLibrary") {
    return "The libcuda.so.1 that was found is the toolkit's stub, which only serves to link "
           "against: take its folder (lib64/stubs) out of LD_LIBRARY_PATH";
  }
  if (code == "cudaErrorInsufficientDriver") return driver_too_old(signals);
  return std::nullopt;
}

void no_gpu(const Signals& signals, Lines& lines) {
  if (auto why = start_error(signals)) {
    lines.push_back(std::move(*why));
    return;
  }
  if (signals.cuda_visible_devices) {
    lines.push_back(
        fmt::format("CUDA_VISIBLE_DEVICES is \"{}\", which hides every GPU it does not "
                    "name: unset it and try again",
                    *signals.cuda_visible_devices));
    if (signals.nvml_count.value_or(1) > 0 && !is_no(signals.kernel_module.value)) return;
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
