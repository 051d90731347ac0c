// SPDX-License-Identifier: Apache-2.0
// Memory in use, work and processes, as the simulated NVML reports them.
#include <unistd.h>

#include <algorithm>
#include <string>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace sim = peerbench::sim;

namespace {

nvmlReturn_t no_processes(nvmlDevice_t device, unsigned* count) {
  const auto found = sim::find_gpu_or_slice(device);
  if (!found) return found.code;
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *count = 0;
  return NVML_SUCCESS;
}

/// The first process of all, which is never this one.
constexpr unsigned someone = 1;

/// A card that others keep busy lists one of them, and this process. One that is free lists nobody,
/// not even this process: it may be any program.
template <typename Process>
nvmlReturn_t compute_processes(nvmlDevice_t device, unsigned* count, Process* processes) {
  const auto found = sim::find_gpu_or_slice(device);
  if (!found || found.gpu->busy_percent == 0) return no_processes(device, count);
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const unsigned ids[] = {someone, static_cast<unsigned>(getpid())};
  const unsigned room = *count;
  *count = 2;
  if (room < *count) return NVML_ERROR_INSUFFICIENT_SIZE;
  if (processes == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  for (unsigned i = 0; i < *count; ++i) {
    processes[i] = {};
    processes[i].pid = ids[i];
  }
  return NVML_SUCCESS;
}

/// Why the clocks are where they are; a card with nothing to do is no more than idle.
nvmlReturn_t clock_reasons(nvmlDevice_t device, unsigned long long* reasons) {
  return sim::answer(device, reasons, [](const sim::FoundGpu& found) {
    unsigned long long bits = 0;
    for (const sim::ThrottleReason& reason : sim::throttle_reasons()) {
      if (std::ranges::count(found.gpu->throttle, reason.word) > 0) bits |= reason.bit;
    }
    if (bits == 0 && sim::idle_ns(found.index) > 0) bits = nvmlClocksEventReasonGpuIdle;
    return std::optional(bits);
  });
}

}  // namespace

extern "C" {

nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t device,
                                                    unsigned long long* reasons) {
  return clock_reasons(device, reasons);
}
nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device,
                                                       unsigned long long* reasons) {
  return clock_reasons(device, reasons);
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory) {
  const auto found = sim::find_gpu_or_slice(device);
  if (!found) return found.code;
  if (memory == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (!found.gpu->framebuffer) return NVML_ERROR_NOT_SUPPORTED;
  memory->total = found.slice ? found.gpu->mig_slice.memory_bytes : found.gpu->memory_bytes;
  memory->used = sim::memory_used(found.index);
  memory->free = memory->total - memory->used;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t* memory) {
  if (memory == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (memory->version != nvmlMemory_v2) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  nvmlMemory_t first{};
  const nvmlReturn_t code = nvmlDeviceGetMemoryInfo(device, &first);
  if (code != NVML_SUCCESS) return code;
  memory->total = first.total;
  memory->reserved = 0;
  memory->free = first.free;
  memory->used = first.used;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlBAR1Memory_t* memory) {
  return sim::answer(
      device, memory, [](const sim::FoundGpu& found) -> std::optional<nvmlBAR1Memory_t> {
        const auto bytes = found.gpu->bar1_bytes;
        if (bytes == 0) return std::nullopt;
        return nvmlBAR1Memory_t{.bar1Total = bytes, .bar1Free = bytes, .bar1Used = 0};
      });
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t* utilization) {
  return sim::answer(device, utilization, [](const sim::FoundGpu& found) {
    const unsigned others = static_cast<unsigned>(found.gpu->busy_percent);
    const unsigned percent = sim::idle_ns(found.index) == 0 ? 100 : others;
    return std::optional(nvmlUtilization_t{.gpu = percent, .memory = percent});
  });
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(nvmlDevice_t device, unsigned* count,
                                                  nvmlProcessInfo_v1_t* processes) {
  return compute_processes(device, count, processes);
}
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v2(nvmlDevice_t device, unsigned* count,
                                                     nvmlProcessInfo_v2_t* processes) {
  return compute_processes(device, count, processes);
}
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned* count,
                                                     nvmlProcessInfo_t* processes) {
  return compute_processes(device, count, processes);
}
nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses(nvmlDevice_t device, unsigned* count,
                                                   nvmlProcessInfo_v1_t*) {
  return no_processes(device, count);
}
nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v2(nvmlDevice_t device, unsigned* count,
                                                      nvmlProcessInfo_v2_t*) {
  return no_processes(device, count);
}
nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned* count,
                                                      nvmlProcessInfo_t*) {
  return no_processes(device, count);
}
nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses(nvmlDevice_t device, unsigned* count,
                                                     nvmlProcessInfo_v1_t*) {
  return no_processes(device, count);
}
nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses_v2(nvmlDevice_t device, unsigned* count,
                                                        nvmlProcessInfo_v2_t*) {
  return no_processes(device, count);
}
nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses_v3(nvmlDevice_t device, unsigned* count,
                                                        nvmlProcessInfo_t*) {
  return no_processes(device, count);
}

}  // extern "C"
