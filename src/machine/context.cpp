// SPDX-License-Identifier: Apache-2.0
#include "machine/context.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace peerbench::machine {

namespace {

/// Up to here a GPU counts as free: what DCGM waits for before it measures
/// (NVBandwidthPlugin.cpp).
constexpr int free_percent = 10;

struct Reason {
  unsigned long long bit;
  const char* words;
  bool hot;  ///< cooling or power helps
};

/// nvmlClocksEventReasons of nvml.h; older headers have other names for some. Idle is no reason.
constexpr Reason reasons[] = {
    {0x2, "set by hand (application clocks)", false},
    {0x4, "power cap", true},
    {0x8, "slowed down by the hardware", true},
    {0x10, "bound to other cards (sync boost)", false},
    {0x20, "too hot (driver)", true},
    {0x40, "too hot (hardware)", true},
    {0x80, "power brake of the system", true},
    {0x100, "display clocks", false},
};

void used_by_others(const GpuContext& gpu, std::vector<Finding>& found) {
  const int busy = gpu.busy_percent.value_or(0);
  const int processes = gpu.other_processes.value_or(0);
  if (busy <= free_percent && processes <= 0) return;
  Figures figures;
  if (busy > free_percent) figures.emplace_back("busy_percent", busy);
  if (processes > 0) figures.emplace_back("processes", processes);
  found.push_back(make_finding(FindingCode::gpu_in_use, {gpu_subject(gpu.ordinal)}, figures));
}

void clocks(const GpuContext& gpu, std::vector<Finding>& found) {
  std::string words;
  bool hot = false;
  const auto before = gpu.clocks_before.value_or(0), load = gpu.clocks_under_load.value_or(0);
  for (const Reason& reason : reasons) {
    if (((before | load) & reason.bit) == 0) continue;
    const char* when = (before & load & reason.bit) != 0 ? ""
                       : (load & reason.bit) != 0        ? " under load"
                                                         : " before the run";
    words += fmt::format("{}{}{}", words.empty() ? "" : ", ", reason.words, when);
    hot = hot || reason.hot;
  }
  if (words.empty()) return;
  found.push_back(make_finding(hot ? FindingCode::clocks_throttled : FindingCode::clocks_limited,
                               {gpu_subject(gpu.ordinal)}, {}, {{"reasons", words}}));
}

}  // namespace

int others(const std::vector<unsigned>& ids, unsigned own, OwnContext own_context) {
  const auto all = static_cast<int>(ids.size());
  const auto mine = static_cast<int>(std::ranges::count(ids, own));
  return std::max(0, all - std::max(own_context == OwnContext::there ? 1 : 0, mine));
}

std::optional<int> other_processes(const Nvml& nvml, nvmlDevice_t device, OwnContext own_context) {
  std::array<nvmlProcessInfo_v2_t, 64> processes{};
  auto count = static_cast<unsigned>(processes.size());
  const nvmlReturn_t code =
      Nvml::ask(nvml.functions().compute_processes, device, &count, processes.data());
  // Too many for the list: this one is among them.
  if (code == NVML_ERROR_INSUFFICIENT_SIZE && count > 0) return static_cast<int>(count) - 1;
  if (code != NVML_SUCCESS || count > processes.size()) return {};
  std::vector<unsigned> ids;
  for (unsigned i = 0; i < count; ++i) ids.push_back(processes[i].pid);
  return others(ids, static_cast<unsigned>(getpid()), own_context);
}

std::optional<unsigned long long> clock_reasons(const Nvml& nvml, nvmlDevice_t device) {
  unsigned long long bits = 0;
  if (Nvml::ask(nvml.functions().clock_reasons, device, &bits) != NVML_SUCCESS) return {};
  return bits;
}

GpuContext read_context(const Nvml& nvml, nvmlDevice_t device, int ordinal) {
  GpuContext context;
  context.ordinal = ordinal;
  nvmlUtilization_t use{};
  if (Nvml::ask(nvml.functions().utilization, device, &use) == NVML_SUCCESS) {
    context.busy_percent = static_cast<int>(use.gpu);
  }
  context.other_processes = other_processes(nvml, device, OwnContext::there);
  context.clocks_before = clock_reasons(nvml, device);
  return context;
}

std::vector<Finding> context_findings(const std::vector<GpuContext>& contexts) {
  std::vector<Finding> found;
  for (const GpuContext& gpu : contexts) {
    used_by_others(gpu, found);
    clocks(gpu, found);
  }
  return grouped(std::move(found));
}

}  // namespace peerbench::machine
