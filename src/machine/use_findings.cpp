// SPDX-License-Identifier: Apache-2.0
#include <nvml.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "machine/finding_parts.hpp"

namespace peerbench::machine {

namespace {

void modes(const GpuSignals& gpu, std::vector<Finding>& found) {
  const int mode = gpu.compute_mode.value_or(NVML_COMPUTEMODE_DEFAULT);
  if (mode == NVML_COMPUTEMODE_DEFAULT) return;
  const Subject who = gpu_subject(gpu.gpu.ordinal);
  const int others = gpu.other_processes.value_or(0);
  if (mode == NVML_COMPUTEMODE_PROHIBITED) {
    found.push_back(make_finding(FindingCode::compute_mode_prohibited, {who}));
  } else if (others > 0) {
    found.push_back(make_finding(FindingCode::gpu_held, {who}, {{"processes", others}}));
  } else {
    found.push_back(make_finding(FindingCode::compute_mode_exclusive, {who}));
  }
}

void fabric(const GpuSignals& gpu, std::vector<Finding>& found) {
  const Subject who = gpu_subject(gpu.gpu.ordinal);
  if (is_no(gpu.fabric.value)) {
    found.push_back(
        make_finding(FindingCode::fabric_not_ready, {who}, {}, {{"state", gpu.fabric.raw}}));
  }
  if (is_yes(gpu.fabric_degraded.value)) {
    found.push_back(make_finding(FindingCode::fabric_degraded, {who}, {},
                                 {{"health", gpu.fabric_degraded.raw}}));
  }
}

/// CUDA counts the fastest GPU first unless it is told otherwise, nvidia-smi by PCI address.
void numbers_differ(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  std::string numbers;
  for (const Gpu& gpu : machine.gpus) {
    if (!gpu.nvml_index || *gpu.nvml_index == gpu.ordinal) continue;
    numbers +=
        fmt::format("{}gpu{} is {}", numbers.empty() ? "" : ", ", gpu.ordinal, *gpu.nvml_index);
  }
  if (numbers.empty()) return;
  Quotes quotes = {{"numbers", numbers}};
  if (signals.cuda_visible_devices) {
    quotes.emplace_back("variable", *signals.cuda_visible_devices);
  }
  found.push_back(make_finding(FindingCode::gpu_numbers_differ, {}, {}, std::move(quotes)));
}

}  // namespace

void use_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  for (const GpuSignals& gpu : signals.gpus) {
    modes(gpu, found);
    fabric(gpu, found);
  }
  if (is_yes(signals.confidential.value) && !signals.gpus.empty()) {
    found.push_back(make_finding(FindingCode::confidential_computing, {}));
  }
  numbers_differ(signals, machine, found);
}

}  // namespace peerbench::machine
