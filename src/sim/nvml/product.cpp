// SPDX-License-Identifier: Apache-2.0
// What kind of product a GPU is and how it is set, as far as a machine file tells.
#include <cmath>
#include <utility>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

using gpusim::answer;
using gpusim::FoundGpu;

namespace {

/// As nvidia-smi shows brands: by what the product's name says.
nvmlBrandType_t brand_of(const std::string& name) {
  static const std::pair<const char*, nvmlBrandType_t> words[] = {
      {"GeForce", NVML_BRAND_GEFORCE},      {"TITAN", NVML_BRAND_TITAN},
      {"Tesla", NVML_BRAND_TESLA},          {"Quadro RTX", NVML_BRAND_QUADRO_RTX},
      {"Quadro", NVML_BRAND_QUADRO},        {"RTX PRO", NVML_BRAND_NVIDIA},
      {"NVIDIA RTX", NVML_BRAND_NVIDIA_RTX}};
  for (const auto& [word, brand] : words) {
    if (name.find(word) != std::string::npos) return brand;
  }
  return NVML_BRAND_NVIDIA;
}

/// By compute capability (CUDA C++ Programming Guide, "Compute Capabilities"). Blackwell by number:
/// older headers have no name for it.
nvmlDeviceArchitecture_t architecture_of(const gpusim::GpuDescription& gpu) {
  constexpr nvmlDeviceArchitecture_t blackwell = 10;
  switch (gpu.compute_major) {
    case 3:
      return NVML_DEVICE_ARCH_KEPLER;
    case 5:
      return NVML_DEVICE_ARCH_MAXWELL;
    case 6:
      return NVML_DEVICE_ARCH_PASCAL;
    case 7:
      return gpu.compute_minor >= 5 ? NVML_DEVICE_ARCH_TURING : NVML_DEVICE_ARCH_VOLTA;
    case 8:
      return gpu.compute_minor >= 9 ? NVML_DEVICE_ARCH_ADA : NVML_DEVICE_ARCH_AMPERE;
    case 9:
      return NVML_DEVICE_ARCH_HOPPER;
    case 10:
    case 11:
    case 12:
      return blackwell;
    default:
      return NVML_DEVICE_ARCH_UNKNOWN;
  }
}

/// MHz at this part of the highest clocks, in the steps in which GPUs set them.
std::optional<unsigned> clock_at(int khz, double level) {
  constexpr double step_mhz = 15;
  if (khz <= 0) return std::nullopt;
  const double mhz = khz / 1000.0;
  return static_cast<unsigned>(level >= 1 ? mhz : step_mhz * std::ceil(mhz * level / step_mhz));
}

enum class Of { now, best };

/// MHz: the highest, of which the file knows, or now: less after idleness, and of a memory that is
/// held below its highest while CUDA runs.
nvmlReturn_t clock_of(nvmlDevice_t device, nvmlClockType_t type, Of which, unsigned* mhz) {
  if (type < 0 || type >= NVML_CLOCK_COUNT) return NVML_ERROR_INVALID_ARGUMENT;
  return answer(device, mhz, [&](const FoundGpu& found) {
    const auto& gpu = *found.gpu;
    if (type == NVML_CLOCK_VIDEO) return std::optional<unsigned>();
    const bool now = which == Of::now;
    const double level = now ? gpusim::clock_level(found.index) : 1;
    if (type != NVML_CLOCK_MEM) return clock_at(gpu.sm_clock_khz, level);
    const bool held = now && gpu.memory_clock_load_khz > 0;
    return clock_at(held ? gpu.memory_clock_load_khz : gpu.memory_clock_khz, level);
  });
}

/// A card that has lowered its link rests.
std::optional<nvmlPstates_t> state_of(const FoundGpu& found) {
  const auto& gpu = *found.gpu;
  const bool rests = gpu.pcie_generation_idle > 0 &&
                     gpu.pcie_generation_idle < gpu.pcie_generation &&
                     gpusim::link_lowered(found.index);
  if (rests) return NVML_PSTATE_8;
  return gpu.memory_clock_load_khz > 0 ? NVML_PSTATE_2 : NVML_PSTATE_0;
}

std::optional<nvmlEnableState_t> error_correction(const FoundGpu& found) {
  const auto enabled = gpusim::attribute(*found.gpu, "EccEnabled");
  if (!enabled) return std::nullopt;
  return *enabled != 0 ? NVML_FEATURE_ENABLED : NVML_FEATURE_DISABLED;
}

}  // namespace

extern "C" {

nvmlReturn_t nvmlDeviceGetBrand(nvmlDevice_t device, nvmlBrandType_t* brand) {
  return answer(device, brand,
                [](const FoundGpu& found) { return std::optional(brand_of(found.gpu->name)); });
}

nvmlReturn_t nvmlDeviceGetArchitecture(nvmlDevice_t device,
                                       nvmlDeviceArchitecture_t* architecture) {
  return answer(device, architecture,
                [](const FoundGpu& found) { return std::optional(architecture_of(*found.gpu)); });
}

nvmlReturn_t nvmlDeviceGetMultiGpuBoard(nvmlDevice_t device, unsigned* multi) {
  return answer(device, multi, [](const FoundGpu& found) {
    return std::optional(gpusim::attribute(*found.gpu, "IsMultiGpuBoard").value_or(0) != 0 ? 1u
                                                                                           : 0u);
  });
}

/// The driver's own number of a GPU follows from its place in PCI; GPUs of one board share it.
nvmlReturn_t nvmlDeviceGetBoardId(nvmlDevice_t device, unsigned* id) {
  return answer(device, id, [](const FoundGpu& found) -> std::optional<unsigned> {
    if (gpusim::attribute(*found.gpu, "IsMultiGpuBoard").value_or(0) != 0) {
      return static_cast<unsigned>(
          gpusim::attribute(*found.gpu, "MultiGpuBoardGroupID").value_or(0));
    }
    nvmlPciInfo_t pci{};
    gpusim::fill_pci(found.gpu->pci_bus_id, 0, pci);
    return pci.domain << 16 | pci.bus << 8 | pci.device;
  });
}

nvmlReturn_t nvmlDeviceGetComputeMode(nvmlDevice_t device, nvmlComputeMode_t* mode) {
  return answer(device, mode, [](const FoundGpu& found) {
    const int given = gpusim::attribute(*found.gpu, "ComputeMode").value_or(0);
    return std::optional(static_cast<nvmlComputeMode_t>(given));
  });
}

/// A driver that nobody has set keeps nothing loaded.
nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t device, nvmlEnableState_t* mode) {
  return answer(device, mode, [](const FoundGpu&) { return std::optional(NVML_FEATURE_DISABLED); });
}

nvmlReturn_t nvmlDeviceGetPerformanceState(nvmlDevice_t device, nvmlPstates_t* state) {
  return answer(device, state, state_of);
}
nvmlReturn_t nvmlDeviceGetPowerState(nvmlDevice_t device, nvmlPstates_t* state) {
  return answer(device, state, state_of);
}

nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, nvmlClockType_t type, unsigned* mhz) {
  return clock_of(device, type, Of::now, mhz);
}
nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t device, nvmlClockType_t type, unsigned* mhz) {
  return clock_of(device, type, Of::best, mhz);
}

nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t device, nvmlEnableState_t* current,
                                  nvmlEnableState_t* pending) {
  if (current == nullptr || pending == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const nvmlReturn_t code = answer(device, current, error_correction);
  return code == NVML_SUCCESS ? answer(device, pending, error_correction) : code;
}

nvmlReturn_t nvmlDeviceGetMemoryBusWidth(nvmlDevice_t device, unsigned* bits) {
  return answer(device, bits,
                [](const FoundGpu& found) { return gpusim::positive(found.gpu->memory_bus_bits); });
}

}  // extern "C"
