// SPDX-License-Identifier: Apache-2.0
// NVIDIA's management library, loaded at run time. It may be missing, old, or of a container that
// has only half of it, so every function is optional: what is absent answers FUNCTION_NOT_FOUND.
#pragma once

#include <nvml.h>

#include <string>

#include "base/tri.hpp"

namespace peerbench::machine {

/// "NVML_ERROR_NOT_SUPPORTED" and so on; the number where the code is not known.
std::string nvml_code_name(nvmlReturn_t code);

/// nvmlDeviceAddressingMode_v1_t, which headers before CUDA 13 lack. The version is the size of the
/// structure with the number 1 above it (nvml.h, NVML_STRUCT_VERSION).
struct NvmlAddressingMode {
  unsigned version = 8 | (1u << 24);
  unsigned value = 0;
};

/// nvmlGpuFabricInfo_v2_t, which some headers lack or have changed: the same layout, its version
/// made as above.
struct NvmlFabricInfo {
  unsigned version = 36 | (2u << 24);
  unsigned char cluster[16] = {};
  nvmlReturn_t status = NVML_SUCCESS;
  unsigned clique = 0;
  unsigned char state = 0;
  unsigned health_mask = 0;
};
static_assert(sizeof(NvmlFabricInfo) == 36);

/// What `Nvml::status` says of the library that the toolkit has to link against.
inline constexpr const char* nvml_is_a_stub = "the toolkit's stub library";

/// The functions asked for, null where the library has none.
struct NvmlFunctions {
  decltype(&nvmlInit_v2) init = nullptr;
  decltype(&nvmlShutdown) shutdown = nullptr;
  decltype(&nvmlSystemGetDriverVersion) driver_version = nullptr;
  decltype(&nvmlDeviceGetCount_v2) count = nullptr;
  decltype(&nvmlDeviceGetHandleByIndex_v2) handle_by_index = nullptr;
  decltype(&nvmlDeviceGetHandleByPciBusId_v2) handle_by_pci = nullptr;
  decltype(&nvmlDeviceGetUUID) uuid = nullptr;
  decltype(&nvmlDeviceGetPciInfo_v3) pci_info = nullptr;
  decltype(&nvmlDeviceGetName) device_name = nullptr;
  decltype(&nvmlDeviceGetMemoryInfo) memory_info = nullptr;
  decltype(&nvmlDeviceGetBAR1MemoryInfo) bar1_memory_info = nullptr;
  decltype(&nvmlDeviceGetCurrPcieLinkGeneration) pcie_generation = nullptr;
  decltype(&nvmlDeviceGetCurrPcieLinkWidth) pcie_width = nullptr;
  decltype(&nvmlDeviceGetMaxPcieLinkGeneration) pcie_max_generation = nullptr;
  decltype(&nvmlDeviceGetMaxPcieLinkWidth) pcie_max_width = nullptr;
  nvmlReturn_t (*pcie_card_generation)(nvmlDevice_t, unsigned*) = nullptr;
  nvmlReturn_t (*addressing_mode)(nvmlDevice_t, NvmlAddressingMode*) = nullptr;
  decltype(&nvmlDeviceGetTopologyCommonAncestor) common_ancestor = nullptr;
  decltype(&nvmlDeviceGetMigMode) mig_mode = nullptr;
  decltype(&nvmlDeviceGetVirtualizationMode) virtualization_mode = nullptr;
  decltype(&nvmlDeviceGetNvLinkState) nvlink_state = nullptr;
  decltype(&nvmlDeviceGetNvLinkVersion) nvlink_version = nullptr;
  decltype(&nvmlDeviceGetNvLinkCapability) nvlink_capability = nullptr;
  decltype(&nvmlDeviceGetNvLinkRemotePciInfo_v2) nvlink_remote_pci = nullptr;
  decltype(&nvmlDeviceGetNvLinkRemoteDeviceType) nvlink_remote_type = nullptr;
  decltype(&nvmlDeviceGetFieldValues) field_values = nullptr;
  decltype(&nvmlDeviceGetP2PStatus) p2p_status = nullptr;
  decltype(&nvmlDeviceGetNvLinkErrorCounter) nvlink_error_counter = nullptr;
  decltype(&nvmlDeviceGetPcieReplayCounter) pcie_replays = nullptr;
  decltype(&nvmlDeviceGetUtilizationRates) utilization = nullptr;
  decltype(&nvmlDeviceGetComputeMode) compute_mode = nullptr;
  decltype(&nvmlDeviceGetPersistenceMode) persistence_mode = nullptr;
  nvmlReturn_t (*fabric_info)(nvmlDevice_t, NvmlFabricInfo*) = nullptr;
  decltype(&nvmlSystemGetConfComputeState) confidential_state = nullptr;
  nvmlReturn_t (*compute_processes)(nvmlDevice_t, unsigned*, nvmlProcessInfo_v2_t*) = nullptr;
  nvmlReturn_t (*clock_reasons)(nvmlDevice_t, unsigned long long*) = nullptr;
  decltype(&nvmlDeviceGetClockInfo) clock = nullptr;
  decltype(&nvmlDeviceGetMaxClockInfo) max_clock = nullptr;
};

/// Loads and starts the library when made, shuts it down when gone. Never fails: `status` says how
/// it went. In the simulated build only the simulator's own library is accepted under the usual
/// name; tests may name another.
class Nvml {
 public:
  explicit Nvml(const char* library = "libnvidia-ml.so.1");
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  /// yes: started; unknown: not to be asked, with the reason. Never "no": a missing library says
  /// nothing about the machine.
  const Signal& status() const { return status_; }
  bool started() const { return is_yes(status_.value); }
  const NvmlFunctions& functions() const { return functions_; }

  /// Calls one of `functions()`, or answers FUNCTION_NOT_FOUND where it is null.
  template <typename... Parameters, typename... Arguments>
  static nvmlReturn_t ask(nvmlReturn_t (*function)(Parameters...), Arguments... arguments) {
    return function == nullptr ? NVML_ERROR_FUNCTION_NOT_FOUND : function(arguments...);
  }

  /// One field value as a number; `scope` is the link for fields of one link.
  nvmlReturn_t field(nvmlDevice_t device, unsigned id, unsigned scope, double& value) const;

 private:
  void* library_ = nullptr;
  NvmlFunctions functions_;
  Signal status_;
};

}  // namespace peerbench::machine
