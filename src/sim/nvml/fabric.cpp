// SPDX-License-Identifier: Apache-2.0
// Where a GPU's memory and links belong beyond the card: addressing mode, NVLink-C2C, the switch
// fabric, the platform; in the simulated NVML.
#include <algorithm>

#include "sim/nvml/nvml_state.hpp"

using gpusim::find_gpu;
using gpusim::FoundGpu;

namespace {

/// Compute capability of the first GPUs that answer these questions: Hopper.
constexpr int first_major = 9;

struct Fabric {
  nvmlReturn_t code = NVML_ERROR_NOT_SUPPORTED;
  nvmlGpuFabricState_t state = NVML_GPU_FABRIC_STATE_NOT_SUPPORTED;
};

/// A GPU with links to switches has registered; it works only then. All in one clique without an
/// identity of its own, as on machines whose fabric ends at the box.
Fabric fabric_of(const FoundGpu& found) {
  if (found.gpu->compute_major < first_major) return {};
  const bool switched = std::ranges::any_of(found.machine->links, [&](const auto& link) {
    return link.to_switch() && link.a == found.index && link.up > 0;
  });
  return {NVML_SUCCESS,
          static_cast<nvmlGpuFabricState_t>(switched ? NVML_GPU_FABRIC_STATE_COMPLETED
                                                     : NVML_GPU_FABRIC_STATE_NOT_SUPPORTED)};
}

template <typename Info>
void fill(const Fabric& fabric, Info& info) {
  std::ranges::fill(info.clusterUuid, 0);
  info.status = NVML_SUCCESS;
  info.cliqueId = 0;
  info.state = fabric.state;
}

}  // namespace

extern "C" {

#ifdef nvmlC2cModeInfo_v1
nvmlReturn_t nvmlDeviceGetC2cModeInfoV(nvmlDevice_t device, nvmlC2cModeInfo_v1_t* info) {
  return gpusim::answer(device, info,
                        [](const FoundGpu& found) -> std::optional<nvmlC2cModeInfo_v1_t> {
                          const bool enabled = found.gpu->c2c_links > 0;
                          if (!enabled && found.gpu->compute_major < first_major)
                            return std::nullopt;
                          return nvmlC2cModeInfo_v1_t{.isC2cEnabled = enabled ? 1u : 0u};
                        });
}
#endif

#ifdef nvmlDeviceAddressingMode_v1
nvmlReturn_t nvmlDeviceGetAddressingMode(nvmlDevice_t device, nvmlDeviceAddressingMode_t* mode) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (mode == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (mode->version != nvmlDeviceAddressingMode_v1) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  const std::string& word = found.gpu->addressing_mode;
  if (word.empty()) return NVML_ERROR_NOT_SUPPORTED;
  mode->value = word == "ats"   ? NVML_DEVICE_ADDRESSING_MODE_ATS
                : word == "hmm" ? NVML_DEVICE_ADDRESSING_MODE_HMM
                                : NVML_DEVICE_ADDRESSING_MODE_NONE;
  return NVML_SUCCESS;
}
#endif

nvmlReturn_t nvmlDeviceGetGpuFabricInfo(nvmlDevice_t device, nvmlGpuFabricInfo_t* info) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (info == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const Fabric fabric = fabric_of(found);
  if (fabric.code == NVML_SUCCESS) fill(fabric, *info);
  return fabric.code;
}

/// Each version of the structure begins as the one before it.
nvmlReturn_t nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t device, nvmlGpuFabricInfoV_t* info) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (info == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  bool known = info->version == nvmlGpuFabricInfo_v2;
#ifdef nvmlGpuFabricInfo_v3
  const bool third = info->version == nvmlGpuFabricInfo_v3;
  known = known || third;
#endif
  if (!known) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  const Fabric fabric = fabric_of(found);
  if (fabric.code != NVML_SUCCESS) return fabric.code;
  fill(fabric, *info);
  info->healthMask = 0;  // nothing known of its health
#ifdef nvmlGpuFabricInfo_v3
  if (third) info->healthSummary = NVML_GPU_FABRIC_HEALTH_SUMMARY_NOT_SUPPORTED;
#endif
  return NVML_SUCCESS;
}

/// Racks are not simulated.
#ifdef nvmlPlatformInfo_v1
nvmlReturn_t nvmlDeviceGetPlatformInfo(nvmlDevice_t device, nvmlPlatformInfo_t* info) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (info == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  bool known = info->version == nvmlPlatformInfo_v1;
#ifdef nvmlPlatformInfo_v2
  known = known || info->version == nvmlPlatformInfo_v2;
#endif
  return known ? NVML_ERROR_NOT_SUPPORTED : NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
}
#endif

}  // extern "C"
