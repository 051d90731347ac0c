// SPDX-License-Identifier: Apache-2.0
// How a GPU is divided or handed on: slices (MIG) and virtualization, in the simulated NVML.
#include <cstdlib>

#include "sim/nvml/nvml_state.hpp"

using gpusim::answer;
using gpusim::find_gpu;
using gpusim::find_gpu_or_slice;
using gpusim::FoundGpu;

namespace {

/// The most slices a GPU can be cut into (MIG User Guide, "Supported GPUs").
constexpr unsigned most_slices = 7;

/// Number of the first instance the driver makes of a card that is not whole.
constexpr unsigned first_instance = 1;

/// One seventh, two sevenths, ... of a GPU, as its profile's name says: "... MIG 1g.10gb".
unsigned sevenths(const std::string& name) {
  const auto at = name.find("g.");
  if (at == std::string::npos || at == 0) return 0;
  return static_cast<unsigned>(std::strtoul(name.c_str() + at - 1, nullptr, 10));
}

template <typename Number>
nvmlReturn_t instance(nvmlDevice_t device, unsigned* id, Number number) {
  const auto found = find_gpu_or_slice(device);
  if (!found) return found.code;
  if (id == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (found.slice == nullptr) return NVML_ERROR_NOT_SUPPORTED;
  *id = number(found);
  return NVML_SUCCESS;
}

nvmlReturn_t slice_attributes(nvmlDevice_t device, nvmlDeviceAttributes_t* attributes) {
  const auto found = find_gpu_or_slice(device);
  if (!found) return found.code;
  if (attributes == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (found.slice == nullptr) return NVML_ERROR_NOT_SUPPORTED;
  const gpusim::MigSlice& slice = *found.slice;
  *attributes = {};
  attributes->multiprocessorCount = static_cast<unsigned>(slice.multiprocessors);
  attributes->sharedCopyEngineCount = static_cast<unsigned>(found.gpu->copy_engines);
  attributes->gpuInstanceSliceCount = sevenths(slice.name);
  attributes->computeInstanceSliceCount = attributes->gpuInstanceSliceCount;
  attributes->memorySizeMB = slice.memory_bytes >> 20;
  return NVML_SUCCESS;
}

}  // namespace

extern "C" {

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned* current, unsigned* pending) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (current == nullptr || pending == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (found.gpu->mig.empty()) return NVML_ERROR_NOT_SUPPORTED;
  const bool enabled = found.gpu->mig == "enabled";
  *current = *pending = enabled ? NVML_DEVICE_MIG_ENABLE : NVML_DEVICE_MIG_DISABLE;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned* count) {
  return answer(device, count, [](const FoundGpu& found) {
    return std::optional(found.gpu->mig == "enabled" ? most_slices : 0u);
  });
}

nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned index,
                                                 nvmlDevice_t* slice) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (slice == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (found.gpu->mig != "enabled") return NVML_ERROR_NOT_SUPPORTED;
  if (index >= most_slices) return NVML_ERROR_INVALID_ARGUMENT;
  if (index >= found.gpu->mig_slices.size()) return NVML_ERROR_NOT_FOUND;
  *slice = gpusim::handle_of(found.gpu->mig_slices[index]);
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t slice,
                                                          nvmlDevice_t* device) {
  const auto found = find_gpu_or_slice(slice);
  if (!found) return found.code;
  if (device == nullptr || found.slice == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *device = gpusim::handle_of(*found.machine, found.index);
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device, unsigned* is_slice) {
  const auto found = find_gpu_or_slice(device);
  if (!found) return found.code;
  if (is_slice == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *is_slice = found.slice != nullptr ? 1 : 0;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned* id) {
  return instance(device, id, [](const FoundGpu& found) {
    return first_instance + static_cast<unsigned>(found.slice - found.gpu->mig_slices.data());
  });
}
nvmlReturn_t nvmlDeviceGetComputeInstanceId(nvmlDevice_t device, unsigned* id) {
  return instance(device, id, [](const FoundGpu&) { return 0u; });
}

nvmlReturn_t nvmlDeviceGetAttributes(nvmlDevice_t device, nvmlDeviceAttributes_t* attributes) {
  return slice_attributes(device, attributes);
}
nvmlReturn_t nvmlDeviceGetAttributes_v2(nvmlDevice_t device, nvmlDeviceAttributes_t* attributes) {
  return slice_attributes(device, attributes);
}

nvmlReturn_t nvmlDeviceGetVirtualizationMode(nvmlDevice_t device,
                                             nvmlGpuVirtualizationMode_t* mode) {
  return answer(device, mode, [](const FoundGpu& found) {
    const std::string& word = found.gpu->virtualization;
    return std::optional(word == "vgpu"          ? NVML_GPU_VIRTUALIZATION_MODE_VGPU
                         : word == "passthrough" ? NVML_GPU_VIRTUALIZATION_MODE_PASSTHROUGH
                                                 : NVML_GPU_VIRTUALIZATION_MODE_NONE);
  });
}

}  // extern "C"
