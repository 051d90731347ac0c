// Memory in use, work and processes, as the simulated NVML reports them.
#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace sim = peerbench::sim;

namespace {

/// Other processes are not simulated, and this one is not listed: it may be any program.
nvmlReturn_t no_processes(nvmlDevice_t device, unsigned* count) {
  const auto found = sim::find_gpu_or_slice(device);
  if (!found) return found.code;
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *count = 0;
  return NVML_SUCCESS;
}

}  // namespace

extern "C" {

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
    const unsigned percent = sim::idle_ns(found.index) == 0 ? 100 : 0;
    return std::optional(nvmlUtilization_t{.gpu = percent, .memory = percent});
  });
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(nvmlDevice_t device, unsigned* count,
                                                  nvmlProcessInfo_v1_t*) {
  return no_processes(device, count);
}
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v2(nvmlDevice_t device, unsigned* count,
                                                     nvmlProcessInfo_v2_t*) {
  return no_processes(device, count);
}
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned* count,
                                                     nvmlProcessInfo_t*) {
  return no_processes(device, count);
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
