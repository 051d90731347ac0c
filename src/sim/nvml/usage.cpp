// SPDX-License-Identifier: Apache-2.0
// Memory in use, work and processes, as the simulated NVML reports them.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace {

nvmlReturn_t no_processes(nvmlDevice_t device, unsigned* count) {
  const auto found = gpusim::find_gpu_or_slice(device);
  if (!found) return found.code;
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *count = 0;
  return NVML_SUCCESS;
}

/// The first process of all, which is never this one.
constexpr unsigned someone = 1;

/// The processes that have a context on the GPU: one of others where they hold it or keep it busy,
/// and this one once it has one.
template <typename Process>
nvmlReturn_t compute_processes(nvmlDevice_t device, unsigned* count, Process* processes) {
  const auto found = gpusim::find_gpu_or_slice(device);
  if (!found) return found.code;
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  std::vector<Process> running;
  const bool held = gpusim::find_fault(found.machine->faults, gpusim::FaultKind::gpu_held,
                                       found.index) != nullptr;
  if (held || found.gpu->busy_percent > 0) running.emplace_back().pid = someone;
  if (gpusim::has_context(found.index)) {
    Process& own = running.emplace_back();
    own.pid = static_cast<unsigned>(getpid());
    own.usedGpuMemory = gpusim::memory_used(found.index);
  }
  const std::size_t room = *count;
  *count = static_cast<unsigned>(running.size());
  if (room < running.size()) return NVML_ERROR_INSUFFICIENT_SIZE;
  if (processes == nullptr && !running.empty()) return NVML_ERROR_INVALID_ARGUMENT;
  std::ranges::copy(running, processes);
  return NVML_SUCCESS;
}

/// What a GPU keeps for itself of the memory it has: CUDA has the rest.
std::uint64_t reserved_bytes(const gpusim::FoundGpu& found) {
  const std::uint64_t total = found.gpu->nvml_memory_bytes;
  return found.slice != nullptr || total == 0 ? 0 : total - found.gpu->memory_bytes;
}

/// The window onto a slice's memory is its eighths of the GPU's, less the MiB with which another
/// one begins (nvidia-smi of cut GPUs in the MIG User Guide: 3g.20gb 32767 MiB of 64 GiB).
std::uint64_t bar1_bytes(const gpusim::FoundGpu& found) {
  const gpusim::GpuDescription& gpu = *found.gpu;
  if (found.slice == nullptr || gpu.bar1_bytes == 0) return gpu.bar1_bytes;
  const double share =
      static_cast<double>(found.slice->memory_bytes) / static_cast<double>(gpu.memory_bytes);
  const auto eighths = static_cast<std::uint64_t>(std::clamp(std::lround(8 * share), 1L, 8L));
  return gpu.bar1_bytes / 8 * eighths - (std::uint64_t{1} << 20);
}

/// Why the clocks are where they are; a GPU with nothing to do is no more than idle.
nvmlReturn_t clock_reasons(nvmlDevice_t device, unsigned long long* reasons) {
  return gpusim::answer(device, reasons, [](const gpusim::FoundGpu& found) {
    unsigned long long bits = 0;
    for (const gpusim::ThrottleReason& reason : gpusim::throttle_reasons()) {
      if (std::ranges::count(found.gpu->throttle, reason.word) > 0) bits |= reason.bit;
    }
    if (bits == 0 && gpusim::idle_ns(found.index) > 0) bits = nvmlClocksEventReasonGpuIdle;
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
  const auto found = gpusim::find_gpu_or_slice(device);
  if (!found) return found.code;
  if (memory == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (!found.gpu->framebuffer) return NVML_ERROR_NOT_SUPPORTED;
  const std::uint64_t reserved = reserved_bytes(found);
  memory->total =
      found.slice != nullptr ? found.slice->memory_bytes : found.gpu->memory_bytes + reserved;
  memory->used = reserved + gpusim::memory_used(found.index);
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
  memory->reserved = reserved_bytes(gpusim::find_gpu_or_slice(device));
  memory->free = first.free;
  memory->used = first.used - memory->reserved;  // version 1 counts them together
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlBAR1Memory_t* memory) {
  const auto found = gpusim::find_gpu_or_slice(device);
  if (!found) return found.code;
  if (memory == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const std::uint64_t bytes = bar1_bytes(found);
  if (bytes == 0) return NVML_ERROR_NOT_SUPPORTED;
  *memory = {.bar1Total = bytes, .bar1Free = bytes, .bar1Used = 0};
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t* utilization) {
  return gpusim::answer(device, utilization, [](const gpusim::FoundGpu& found) {
    const unsigned others = static_cast<unsigned>(found.gpu->busy_percent);
    const unsigned percent = gpusim::idle_ns(found.index) == 0 ? 100 : others;
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
