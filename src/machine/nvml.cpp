// SPDX-License-Identifier: Apache-2.0
#include "machine/nvml.hpp"

#include <dlfcn.h>
#include <link.h>

#include <string_view>

#include "base/simulation.hpp"

namespace peerbench::machine {

std::string nvml_code_name(nvmlReturn_t code) {
  switch (code) {
    case NVML_SUCCESS:
      return "NVML_SUCCESS";
    case NVML_ERROR_UNINITIALIZED:
      return "NVML_ERROR_UNINITIALIZED";
    case NVML_ERROR_INVALID_ARGUMENT:
      return "NVML_ERROR_INVALID_ARGUMENT";
    case NVML_ERROR_NOT_SUPPORTED:
      return "NVML_ERROR_NOT_SUPPORTED";
    case NVML_ERROR_NO_PERMISSION:
      return "NVML_ERROR_NO_PERMISSION";
    case NVML_ERROR_NOT_FOUND:
      return "NVML_ERROR_NOT_FOUND";
    case NVML_ERROR_INSUFFICIENT_SIZE:
      return "NVML_ERROR_INSUFFICIENT_SIZE";
    case NVML_ERROR_DRIVER_NOT_LOADED:
      return "NVML_ERROR_DRIVER_NOT_LOADED";
    case NVML_ERROR_LIBRARY_NOT_FOUND:
      return "NVML_ERROR_LIBRARY_NOT_FOUND";
    case NVML_ERROR_FUNCTION_NOT_FOUND:
      return "NVML_ERROR_FUNCTION_NOT_FOUND";
    case NVML_ERROR_GPU_IS_LOST:
      return "NVML_ERROR_GPU_IS_LOST";
    case NVML_ERROR_OPERATING_SYSTEM:
      return "NVML_ERROR_OPERATING_SYSTEM";
    case NVML_ERROR_LIB_RM_VERSION_MISMATCH:
      return "NVML_ERROR_LIB_RM_VERSION_MISMATCH";
    case NVML_ERROR_DEPRECATED:
      return "NVML_ERROR_DEPRECATED";
    case NVML_ERROR_NOT_READY:
      return "NVML_ERROR_NOT_READY";
    case NVML_ERROR_UNKNOWN:
      return "NVML_ERROR_UNKNOWN";
    default:
      return "NVML error " + std::to_string(static_cast<int>(code));
  }
}

namespace {

template <typename Function>
void find(void* library, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, symbol));
}

/// The younger name, or the older one with the same arguments.
template <typename Function>
void find(void* library, const char* symbol, const char* older, Function& function) {
  find(library, symbol, function);
  if (function == nullptr) find(library, older, function);
}

NvmlFunctions find_all(void* library) {
  NvmlFunctions f;
  find(library, "nvmlInit_v2", "nvmlInit", f.init);
  find(library, "nvmlShutdown", f.shutdown);
  find(library, "nvmlSystemGetDriverVersion", f.driver_version);
  find(library, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount", f.count);
  find(library, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex", f.handle_by_index);
  find(library, "nvmlDeviceGetHandleByPciBusId_v2", "nvmlDeviceGetHandleByPciBusId",
       f.handle_by_pci);
  find(library, "nvmlDeviceGetUUID", f.uuid);
  find(library, "nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetPciInfo_v2", f.pci_info);
  find(library, "nvmlDeviceGetName", f.device_name);
  find(library, "nvmlDeviceGetMemoryInfo", f.memory_info);
  find(library, "nvmlDeviceGetBAR1MemoryInfo", f.bar1_memory_info);
  find(library, "nvmlDeviceGetCurrPcieLinkGeneration", f.pcie_generation);
  find(library, "nvmlDeviceGetCurrPcieLinkWidth", f.pcie_width);
  find(library, "nvmlDeviceGetMaxPcieLinkGeneration", f.pcie_max_generation);
  find(library, "nvmlDeviceGetMaxPcieLinkWidth", f.pcie_max_width);
  find(library, "nvmlDeviceGetGpuMaxPcieLinkGeneration", f.pcie_card_generation);
  find(library, "nvmlDeviceGetAddressingMode", f.addressing_mode);
  find(library, "nvmlDeviceGetTopologyCommonAncestor", f.common_ancestor);
  find(library, "nvmlDeviceGetMigMode", f.mig_mode);
  find(library, "nvmlDeviceGetVirtualizationMode", f.virtualization_mode);
  find(library, "nvmlDeviceGetNvLinkState", f.nvlink_state);
  find(library, "nvmlDeviceGetNvLinkVersion", f.nvlink_version);
  find(library, "nvmlDeviceGetNvLinkCapability", f.nvlink_capability);
  find(library, "nvmlDeviceGetNvLinkRemotePciInfo_v2", "nvmlDeviceGetNvLinkRemotePciInfo",
       f.nvlink_remote_pci);
  find(library, "nvmlDeviceGetNvLinkRemoteDeviceType", f.nvlink_remote_type);
  find(library, "nvmlDeviceGetFieldValues", f.field_values);
  find(library, "nvmlDeviceGetP2PStatus", f.p2p_status);
  find(library, "nvmlDeviceGetNvLinkErrorCounter", f.nvlink_error_counter);
  find(library, "nvmlDeviceGetPcieReplayCounter", f.pcie_replays);
  find(library, "nvmlDeviceGetUtilizationRates", f.utilization);
  find(library, "nvmlDeviceGetComputeMode", f.compute_mode);
  find(library, "nvmlDeviceGetPersistenceMode", f.persistence_mode);
  find(library, "nvmlDeviceGetGpuFabricInfoV", f.fabric_info);
  find(library, "nvmlSystemGetConfComputeState", f.confidential_state);
  // The first version has a shorter structure.
  find(library, "nvmlDeviceGetComputeRunningProcesses_v3",
       "nvmlDeviceGetComputeRunningProcesses_v2", f.compute_processes);
  find(library, "nvmlDeviceGetClockInfo", f.clock);
  find(library, "nvmlDeviceGetMaxClockInfo", f.max_clock);
  find(library, "nvmlDeviceGetCurrentClocksEventReasons",
       "nvmlDeviceGetCurrentClocksThrottleReasons", f.clock_reasons);
  return f;
}

/// CUDA's toolkit keeps libraries to link against in lib64/stubs; they have no driver behind them.
bool is_stub(void* library) {
  const link_map* map = nullptr;
  return dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr &&
         std::string_view(map->l_name).find("/stubs/") != std::string_view::npos;
}

}  // namespace

Nvml::Nvml(const char* library) {
  const std::string name = library;
  library_ = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) {
    status_.raw = name + " could not be loaded";
    return;
  }
  // The simulated build must never describe the machine it runs on: the simulator's library carries
  // a mark.
  const bool by_its_name = name.find('/') == std::string::npos;
  if (simulated() && by_its_name && dlsym(library_, "peerbench_simulated_nvml") == nullptr) {
    status_.raw = "the simulator's " + name + " is not beside this program";
    return;
  }
  if (is_stub(library_)) {
    status_.raw = nvml_is_a_stub;
    return;
  }
  functions_ = find_all(library_);
  const nvmlReturn_t code = ask(functions_.init);
  status_.raw = nvml_code_name(code);
  if (code == NVML_SUCCESS) {
    status_.value = Tri::yes;
  } else {
    functions_ = {};
  }
}

Nvml::~Nvml() {
  // The library stays loaded: it keeps threads and handlers of its own on some drivers.
  if (started()) ask(functions_.shutdown);
}

nvmlReturn_t Nvml::field(nvmlDevice_t device, unsigned id, unsigned scope, double& value) const {
  nvmlFieldValue_t field{};
  field.fieldId = id;
  field.scopeId = scope;
  const nvmlReturn_t code = ask(functions_.field_values, device, 1, &field);
  if (code != NVML_SUCCESS) return code;
  if (field.nvmlReturn != NVML_SUCCESS) return field.nvmlReturn;
  switch (field.valueType) {
    case NVML_VALUE_TYPE_DOUBLE:
      value = field.value.dVal;
      break;
    case NVML_VALUE_TYPE_UNSIGNED_INT:
      value = field.value.uiVal;
      break;
    case NVML_VALUE_TYPE_UNSIGNED_LONG:
      value = static_cast<double>(field.value.ulVal);
      break;
    case NVML_VALUE_TYPE_UNSIGNED_LONG_LONG:
      value = static_cast<double>(field.value.ullVal);
      break;
    case NVML_VALUE_TYPE_SIGNED_LONG_LONG:
      value = static_cast<double>(field.value.sllVal);
      break;
    default:
      value = field.value.siVal;
      break;
  }
  return NVML_SUCCESS;
}

}  // namespace peerbench::machine
