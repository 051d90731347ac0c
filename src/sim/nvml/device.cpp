// One GPU as the simulated NVML describes it: identity, memory, PCIe, use.
#include <strings.h>
#include <cstdio>
#include <cstring>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace sim = peerbench::sim;
using sim::copy_text;
using sim::find_gpu;
using sim::started_machine;

namespace {

/// Fills what the first version of the structure had; callers of old entry points have no room for
/// more.
void fill_legacy(const sim::GpuDescription& gpu, nvmlPciInfo_t& pci) {
  unsigned domain = 0, bus = 0, device = 0;
  std::sscanf(gpu.pci_bus_id.c_str(), "%x:%x:%x", &domain, &bus, &device);
  std::snprintf(pci.busIdLegacy, sizeof pci.busIdLegacy, "%04X:%02X:%02X.0", domain & 0xffff,
                bus & 0xff, device & 0x1f);
  pci.domain = domain;
  pci.bus = bus;
  pci.device = device;
  pci.pciDeviceId = gpu.pci_device_id;
  pci.pciSubSystemId = 0;
}

/// `get(gpu, index)` gives a number, or none where the GPU has no such thing.
template <typename Get>
nvmlReturn_t number(nvmlDevice_t device, unsigned* out, Get get) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (out == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const std::optional<unsigned> value = get(*found.gpu, found.index);
  if (!value) return NVML_ERROR_NOT_SUPPORTED;
  *out = *value;
  return NVML_SUCCESS;
}

std::optional<unsigned> positive(int value) {
  return value > 0 ? std::optional<unsigned>(static_cast<unsigned>(value)) : std::nullopt;
}

nvmlReturn_t by_index(unsigned index, nvmlDevice_t* device) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (device == nullptr || index >= machine->gpus.size()) return NVML_ERROR_INVALID_ARGUMENT;
  *device = sim::handle_of(*machine, static_cast<int>(index));
  return NVML_SUCCESS;
}

nvmlReturn_t by_pci(const char* bus_id, nvmlDevice_t* device) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (bus_id == nullptr || device == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const auto index = sim::gpu_at(*machine, bus_id);
  if (!index) return NVML_ERROR_NOT_FOUND;
  return by_index(static_cast<unsigned>(*index), device);
}

nvmlReturn_t count(unsigned* devices) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (devices == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *devices = static_cast<unsigned>(machine->gpus.size());
  return NVML_SUCCESS;
}

nvmlReturn_t legacy_pci(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (pci == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  fill_legacy(*found.gpu, *pci);
  return NVML_SUCCESS;
}

}  // namespace

namespace peerbench::sim {

void fill_pci(const GpuDescription& gpu, nvmlPciInfo_t& pci) {
  fill_legacy(gpu, pci);
  std::snprintf(pci.busId, sizeof pci.busId, "%08X:%02X:%02X.0", pci.domain, pci.bus, pci.device);
}

}  // namespace peerbench::sim

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
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (uuid == nullptr || device == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  for (std::size_t i = 0; i < machine->gpus.size(); ++i) {
    if (strcasecmp(machine->gpus[i].uuid.c_str(), uuid) == 0) {
      return by_index(static_cast<unsigned>(i), device);
    }
  }
  return NVML_ERROR_NOT_FOUND;
}

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned* index) {
  return number(device, index, [](const auto&, int i) {
    return std::optional<unsigned>(static_cast<unsigned>(i));
  });
}

nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned* minor) {
  return nvmlDeviceGetIndex(device, minor);
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char* name, unsigned length) {
  const auto found = find_gpu(device);
  return found ? copy_text(found.gpu->name, name, length) : found.code;
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char* uuid, unsigned length) {
  const auto found = find_gpu(device);
  return found ? copy_text(found.gpu->uuid, uuid, length) : found.code;
}

nvmlReturn_t nvmlDeviceGetPciInfo(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return legacy_pci(device, pci);
}
nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return legacy_pci(device, pci);
}
nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (pci == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  sim::fill_pci(*found.gpu, *pci);
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int* major, int* minor) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (major == nullptr || minor == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *major = found.gpu->compute_major;
  *minor = found.gpu->compute_minor;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (memory == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (!found.gpu->framebuffer) return NVML_ERROR_NOT_SUPPORTED;
  memory->total = found.gpu->memory_bytes;
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
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (memory == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (found.gpu->bar1_bytes == 0) return NVML_ERROR_NOT_SUPPORTED;
  *memory = {.bar1Total = found.gpu->bar1_bytes, .bar1Free = found.gpu->bar1_bytes, .bar1Used = 0};
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t device, unsigned* generation) {
  return number(device, generation, [](const sim::GpuDescription& gpu, int index) {
    const bool idle = gpu.pcie_generation_idle > 0 && sim::link_lowered(index);
    return positive(idle ? gpu.pcie_generation_idle : gpu.pcie_generation);
  });
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkGeneration(nvmlDevice_t device, unsigned* generation) {
  return number(device, generation,
                [](const auto& gpu, int) { return positive(gpu.pcie_generation); });
}
nvmlReturn_t nvmlDeviceGetGpuMaxPcieLinkGeneration(nvmlDevice_t device, unsigned* generation) {
  return nvmlDeviceGetMaxPcieLinkGeneration(device, generation);
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t device, unsigned* width) {
  return number(device, width, [](const auto& gpu, int) { return positive(gpu.pcie_width); });
}
nvmlReturn_t nvmlDeviceGetMaxPcieLinkWidth(nvmlDevice_t device, unsigned* width) {
  return nvmlDeviceGetCurrPcieLinkWidth(device, width);
}

/// The node of the GPU's own memory, which only coherent superchips have.
nvmlReturn_t nvmlDeviceGetNumaNodeId(nvmlDevice_t device, unsigned* node) {
  return number(device, node, [](const sim::GpuDescription& gpu, int) -> std::optional<unsigned> {
    const auto config = gpu.attributes.find("NumaConfig");
    const auto id = gpu.attributes.find("NumaId");
    if (config == gpu.attributes.end() || config->second != 1 || id == gpu.attributes.end()) {
      return std::nullopt;
    }
    return static_cast<unsigned>(id->second);
  });
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t* utilization) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (utilization == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const bool busy = sim::idle_ns(found.index) == 0;
  *utilization = {.gpu = busy ? 100u : 0u, .memory = busy ? 100u : 0u};
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned* current, unsigned* pending) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (current == nullptr || pending == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  return NVML_ERROR_NOT_SUPPORTED;
}

nvmlReturn_t nvmlDeviceGetVirtualizationMode(nvmlDevice_t device,
                                             nvmlGpuVirtualizationMode_t* mode) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (mode == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *mode = NVML_GPU_VIRTUALIZATION_MODE_NONE;
  return NVML_SUCCESS;
}

}  // extern "C"
