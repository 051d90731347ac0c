// SPDX-License-Identifier: Apache-2.0
// The NVLinks of one GPU as the simulated NVML describes them.
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "sim/nvml/nvml_state.hpp"

using gpusim::find_gpu;

namespace {

struct FoundPort {
  gpusim::FoundGpu gpu;
  gpusim::Port port;
  nvmlReturn_t code = NVML_SUCCESS;
};

/// Codes of a real driver: a GPU without NVLink supports none of it, a number past the last link is
/// an invalid argument.
FoundPort find_port(nvmlDevice_t device, unsigned link) {
  FoundPort found{.gpu = find_gpu(device), .port = {}, .code = NVML_SUCCESS};
  if (!found.gpu) {
    found.code = found.gpu.code;
    return found;
  }
  const auto port = gpusim::port(*found.gpu.machine, found.gpu.index, link);
  if (port) {
    found.port = *port;
  } else {
    found.code = gpusim::port_count(*found.gpu.machine, found.gpu.index) == 0
                     ? NVML_ERROR_NOT_SUPPORTED
                     : NVML_ERROR_INVALID_ARGUMENT;
  }
  return found;
}

/// The same for questions that only a link that is up can answer.
FoundPort find_live_port(nvmlDevice_t device, unsigned link) {
  FoundPort found = find_port(device, link);
  if (found.code == NVML_SUCCESS && !found.port.up) found.code = NVML_ERROR_NOT_SUPPORTED;
  return found;
}

/// What the driver shows of a switch that belongs to somebody else, as in virtual machines.
void hide(nvmlPciInfo_t& pci) {
  gpusim::fill_pci("ffffffff:ff:ff", 0xffffffff, pci);
  std::snprintf(pci.busIdLegacy, sizeof pci.busIdLegacy, "FFFF:FF:FF.0");
  std::snprintf(pci.busId, sizeof pci.busId, "FFFFFFFF:FF:FF.0");
}

nvmlReturn_t remote_pci(nvmlDevice_t device, unsigned link, nvmlPciInfo_t* pci) {
  const auto found = find_live_port(device, link);
  if (found.code != NVML_SUCCESS) return found.code;
  if (pci == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (found.port.peer >= 0) {
    const auto& peer = found.gpu.machine->gpus[static_cast<std::size_t>(found.port.peer)];
    gpusim::fill_pci(peer.pci_bus_id, peer.pci_device_id, *pci);
    return NVML_SUCCESS;
  }
  const auto& switches = found.port.bundle->switches;
  if (switches.empty()) {
    hide(*pci);
  } else {
    gpusim::fill_pci(switches[found.port.place % switches.size()], 0, *pci);
  }
  return NVML_SUCCESS;
}

}  // namespace

extern "C" {

nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned link,
                                      nvmlEnableState_t* active) {
  const auto found = find_port(device, link);
  if (found.code != NVML_SUCCESS) return found.code;
  if (active == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  // It has no word for a link that sleeps; the field of the state has.
  if (found.port.up && found.port.bundle->sleeps) return NVML_ERROR_NOT_SUPPORTED;
  *active = found.port.up ? NVML_FEATURE_ENABLED : NVML_FEATURE_DISABLED;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetNvLinkVersion(nvmlDevice_t device, unsigned link, unsigned* version) {
  const auto found = find_live_port(device, link);
  if (found.code != NVML_SUCCESS) return found.code;
  if (version == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *version = static_cast<unsigned>(found.port.bundle->nvlink_version);
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetNvLinkCapability(nvmlDevice_t device, unsigned link,
                                           nvmlNvLinkCapability_t capability, unsigned* result) {
  const auto found = find_port(device, link);
  if (found.code != NVML_SUCCESS) return found.code;
  if (result == nullptr || capability < 0 || capability >= NVML_NVLINK_CAP_COUNT) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  *result = capability == NVML_NVLINK_CAP_P2P_SUPPORTED ||
                    capability == NVML_NVLINK_CAP_SYSMEM_ACCESS ||
                    capability == NVML_NVLINK_CAP_P2P_ATOMICS || capability == NVML_NVLINK_CAP_VALID
                ? 1
                : 0;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetNvLinkRemotePciInfo_v2(nvmlDevice_t device, unsigned link,
                                                 nvmlPciInfo_t* pci) {
  return remote_pci(device, link, pci);
}

nvmlReturn_t nvmlDeviceGetNvLinkRemotePciInfo(nvmlDevice_t device, unsigned link,
                                              nvmlPciInfo_t* pci) {
  // Callers of the old entry point have no room for the long bus id.
  nvmlPciInfo_t whole{};
  const nvmlReturn_t code = remote_pci(device, link, &whole);
  if (code != NVML_SUCCESS) return code;
  if (pci == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  std::memcpy(pci, &whole, offsetof(nvmlPciInfo_t, busId));
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetNvLinkRemoteDeviceType(nvmlDevice_t device, unsigned link,
                                                 nvmlIntNvLinkDeviceType_t* type) {
  const auto found = find_live_port(device, link);
  if (found.code != NVML_SUCCESS) return found.code;
  if (type == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *type = found.port.peer >= 0 ? NVML_NVLINK_DEVICE_TYPE_GPU : NVML_NVLINK_DEVICE_TYPE_SWITCH;
  return NVML_SUCCESS;
}

/// A link that is down counts nothing.
nvmlReturn_t nvmlDeviceGetNvLinkErrorCounter(nvmlDevice_t device, unsigned link,
                                             nvmlNvLinkErrorCounter_t counter,
                                             unsigned long long* value) {
  const auto found = find_live_port(device, link);
  if (found.code != NVML_SUCCESS) return found.code;
  if (value == nullptr || counter < 0 || counter >= NVML_NVLINK_ERROR_COUNT) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  const auto gpu = gpusim::find_gpu(device);
  const bool replay = counter == NVML_NVLINK_ERROR_DL_REPLAY;
  *value =
      replay || counter == NVML_NVLINK_ERROR_DL_CRC_DATA
          ? gpusim::link_errors(gpu, found.port,
                                replay ? gpusim::LinkError::replay : gpusim::LinkError::crc_data)
          : 0;
  return NVML_SUCCESS;
}

}  // extern "C"
