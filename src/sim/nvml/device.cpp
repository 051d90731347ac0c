// SPDX-License-Identifier: Apache-2.0
// Which GPUs the simulated NVML lists, how they are found, and their names.
#include <strings.h>
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

using gpusim::answer;
using gpusim::copy_text;
using gpusim::find_gpu_or_slice;
using gpusim::started_machine;

namespace {

nvmlReturn_t by_index(unsigned index, nvmlDevice_t* device) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  const auto shown = gpusim::shown_gpus(*machine);
  if (device == nullptr || index >= shown.size()) return NVML_ERROR_INVALID_ARGUMENT;
  return gpusim::give_handle(*machine, shown[index], device);
}

nvmlReturn_t by_pci(const char* bus_id, nvmlDevice_t* device) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (bus_id == nullptr || device == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const auto index = gpusim::gpu_at(*machine, bus_id);
  if (!index) return NVML_ERROR_NOT_FOUND;
  return gpusim::give_handle(*machine, *index, device);
}

nvmlReturn_t count(unsigned* devices) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (devices == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *devices = static_cast<unsigned>(gpusim::shown_gpus(*machine).size());
  return NVML_SUCCESS;
}

/// A UUID's digits alone, for the call that asks by its bytes; nvml.h of older toolkits has none.
[[maybe_unused]] std::string digits_of(const std::string& uuid) {
  std::string digits;
  for (char c : uuid.substr(std::min<std::size_t>(4, uuid.size()))) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) {
      digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return digits;
}

/// The GPU or slice whose UUID `matches`.
template <typename Matches>
nvmlReturn_t by_uuid(nvmlDevice_t* device, Matches matches) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  for (int index : gpusim::shown_gpus(*machine)) {
    const auto& gpu = machine->gpus[static_cast<std::size_t>(index)];
    if (matches(gpu.uuid)) return gpusim::give_handle(*machine, index, device);
    for (const gpusim::MigSlice& slice : gpu.mig_slices) {
      if (!matches(slice.uuid)) continue;
      *device = gpusim::handle_of(slice);
      return NVML_SUCCESS;
    }
  }
  return NVML_ERROR_NOT_FOUND;
}

}  // namespace

extern "C" {

nvmlReturn_t nvmlDeviceGetCount(unsigned* devices) { return count(devices); }
nvmlReturn_t nvmlDeviceGetCount_v2(unsigned* devices) { return count(devices); }

nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned index, nvmlDevice_t* device) {
  return by_index(index, device);
}
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t* device) {
  return by_index(index, device);
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId(const char* bus_id, nvmlDevice_t* device) {
  return by_pci(bus_id, device);
}
nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, nvmlDevice_t* device) {
  return by_pci(bus_id, device);
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char* uuid, nvmlDevice_t* device) {
  if (started_machine() == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (uuid == nullptr || device == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  return by_uuid(device,
                 [&](const std::string& own) { return strcasecmp(own.c_str(), uuid) == 0; });
}

#ifdef nvmlUUID_v1
nvmlReturn_t nvmlDeviceGetHandleByUUIDV(const nvmlUUID_t* uuid, nvmlDevice_t* device) {
  if (started_machine() == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (uuid == nullptr || device == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (uuid->version != nvmlUUID_v1) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  if (uuid->type == NVML_UUID_TYPE_ASCII) {
    return nvmlDeviceGetHandleByUUID(uuid->value.str, device);
  }
  if (uuid->type != NVML_UUID_TYPE_BINARY) return NVML_ERROR_INVALID_ARGUMENT;
  std::string wanted;
  for (unsigned char byte : uuid->value.bytes) {
    char text[3];
    std::snprintf(text, sizeof text, "%02x", byte);
    wanted += text;
  }
  return by_uuid(device, [&](const std::string& own) { return digits_of(own) == wanted; });
}
#endif

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned* index) {
  const auto found = find_gpu_or_slice(device);
  if (!found) return found.code;
  if (index == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const auto shown = gpusim::shown_gpus(*found.machine);
  // A slice is counted within its GPU, which has one.
  *index = found.slice
               ? 0
               : static_cast<unsigned>(std::ranges::find(shown, found.index) - shown.begin());
  return NVML_SUCCESS;
}

/// Number of the device file; the driver counts all its GPUs.
nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned* minor) {
  return answer(device, minor, [](const gpusim::FoundGpu& found) {
    return std::optional<unsigned>(static_cast<unsigned>(found.index));
  });
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char* name, unsigned length) {
  const auto found = find_gpu_or_slice(device);
  if (!found) return found.code;
  return copy_text(found.slice != nullptr ? found.slice->name : found.gpu->name, name, length);
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char* uuid, unsigned length) {
  const auto found = find_gpu_or_slice(device);
  if (!found) return found.code;
  return copy_text(found.slice != nullptr ? found.slice->uuid : found.gpu->uuid, uuid, length);
}

nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int* major, int* minor) {
  const auto found = find_gpu_or_slice(device);
  if (!found) return found.code;
  if (major == nullptr || minor == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *major = found.gpu->compute_major;
  *minor = found.gpu->compute_minor;
  return NVML_SUCCESS;
}

}  // extern "C"
