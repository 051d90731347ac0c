// SPDX-License-Identifier: Apache-2.0
// Where a GPU's memory and links belong beyond the GPU: addressing mode, NVLink-C2C, the switch
// fabric, the platform; in the simulated NVML.
#include <algorithm>
#include <map>
#include <string>

#include "sim/nvml/nvml_state.hpp"

using gpusim::find_gpu;
using gpusim::FoundGpu;

namespace {

/// Compute capability of the first GPUs that answer these questions: Hopper.
constexpr int first_major = 9;

const std::map<std::string, nvmlGpuFabricState_t>& states() {
  static const std::map<std::string, nvmlGpuFabricState_t> words = {
      {"not-supported", NVML_GPU_FABRIC_STATE_NOT_SUPPORTED},
      {"not-started", NVML_GPU_FABRIC_STATE_NOT_STARTED},
      {"in-progress", NVML_GPU_FABRIC_STATE_IN_PROGRESS},
      {"completed", NVML_GPU_FABRIC_STATE_COMPLETED}};
  return words;
}

/// What the file says. Else a GPU with links to switches has registered (it works only then), all
/// in one clique without an identity of its own, as on machines whose fabric ends at the box; none
/// where such a GPU has no answer.
std::optional<gpusim::Fabric> fabric_of(const FoundGpu& found) {
  if (found.gpu->fabric) return found.gpu->fabric;
  if (found.gpu->compute_major < first_major) return std::nullopt;
  const bool switched = std::ranges::any_of(found.machine->links, [&](const auto& link) {
    return link.to_switch() && link.a == found.index && link.up > 0;
  });
  return gpusim::Fabric{.state = switched ? "completed" : "not-supported", .cluster = ""};
}

/// The 16 bytes of a UUID in text; zeros of none.
template <typename Bytes>
void fill_uuid(std::string text, Bytes& bytes) {
  std::erase(text, '-');
  std::ranges::fill(bytes, 0);
  for (std::size_t i = 0; 2 * i + 1 < text.size() && i < std::size(bytes); ++i) {
    bytes[i] = static_cast<unsigned char>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  }
}

template <typename Info>
void fill(const gpusim::Fabric& fabric, Info& info) {
  fill_uuid(fabric.cluster, info.clusterUuid);
  info.status = static_cast<nvmlReturn_t>(fabric.status);
  info.cliqueId = static_cast<unsigned>(fabric.clique);
  info.state = states().at(fabric.state);
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
  const auto fabric = fabric_of(found);
  if (!fabric) return NVML_ERROR_NOT_SUPPORTED;
  fill(*fabric, *info);
  return NVML_SUCCESS;
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
  const auto fabric = fabric_of(found);
  if (!fabric) return NVML_ERROR_NOT_SUPPORTED;
  fill(*fabric, *info);
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
