// NVLinks and pairs as the simulated NVML describes them.
#include <cstddef>
#include <cstring>

#include "sim/nvml/nvml_state.hpp"

namespace sim = peerbench::sim;
using sim::find_gpu;

namespace {

struct FoundPort {
  sim::FoundGpu gpu;
  sim::Port port;
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
  const auto port = sim::port(*found.gpu.machine, found.gpu.index, link);
  if (port) {
    found.port = *port;
  } else {
    found.code = sim::port_count(*found.gpu.machine, found.gpu.index) == 0
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

nvmlReturn_t remote_pci(nvmlDevice_t device, unsigned link, nvmlPciInfo_t* pci) {
  const auto found = find_live_port(device, link);
  if (found.code != NVML_SUCCESS) return found.code;
  if (pci == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  sim::fill_pci(found.gpu.machine->gpus[static_cast<std::size_t>(found.port.peer)], *pci);
  return NVML_SUCCESS;
}

nvmlGpuP2PStatus_t status_of(const std::string& word) {
  if (word == "OK") return NVML_P2P_STATUS_OK;
  if (word == "CNS") return NVML_P2P_STATUS_CHIPSET_NOT_SUPPORTED;
  if (word == "GNS") return NVML_P2P_STATUS_GPU_NOT_SUPPORTED;
  if (word == "TNS") return NVML_P2P_STATUS_IOH_TOPOLOGY_NOT_SUPPORTED;
  if (word == "DR") return NVML_P2P_STATUS_DISABLED_BY_REGKEY;
  if (word == "U") return NVML_P2P_STATUS_UNKNOWN;
  return NVML_P2P_STATUS_NOT_SUPPORTED;
}

const std::string& word_of(const sim::PeerPolicy& peer, nvmlGpuP2PCapsIndex_t index) {
  switch (index) {
    case NVML_P2P_CAPS_INDEX_READ:
      return peer.read;
    case NVML_P2P_CAPS_INDEX_WRITE:
      return peer.write;
    case NVML_P2P_CAPS_INDEX_NVLINK:
      return peer.nvlink;
    case NVML_P2P_CAPS_INDEX_ATOMICS:
      return peer.atomics;
    default:
      return peer.pci;
  }
}

}  // namespace

extern "C" {

nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned link,
                                      nvmlEnableState_t* active) {
  const auto found = find_port(device, link);
  if (found.code != NVML_SUCCESS) return found.code;
  if (active == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
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
  *type = NVML_NVLINK_DEVICE_TYPE_GPU;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetP2PStatus(nvmlDevice_t first, nvmlDevice_t second,
                                    nvmlGpuP2PCapsIndex_t index, nvmlGpuP2PStatus_t* status) {
  const auto from = find_gpu(first);
  const auto to = find_gpu(second);
  if (!from) return from.code;
  if (!to) return to.code;
  if (status == nullptr || from.index == to.index || index < 0 ||
      index >= NVML_P2P_CAPS_INDEX_UNKNOWN) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  *status = NVML_P2P_STATUS_NOT_SUPPORTED;
  for (const sim::PeerPolicy& peer : from.machine->peers) {
    if (peer.from == from.index && peer.to == to.index) *status = status_of(word_of(peer, index));
  }
  return NVML_SUCCESS;
}

/// The machine file knows the NUMA node beside each GPU, not the bridges between them.
nvmlReturn_t nvmlDeviceGetTopologyCommonAncestor(nvmlDevice_t first, nvmlDevice_t second,
                                                 nvmlGpuTopologyLevel_t* level) {
  const auto a = find_gpu(first);
  const auto b = find_gpu(second);
  if (!a) return a.code;
  if (!b) return b.code;
  if (level == nullptr || a.index == b.index) return NVML_ERROR_INVALID_ARGUMENT;
  const bool same_node = a.gpu->numa_node >= 0 && a.gpu->numa_node == b.gpu->numa_node;
  *level = same_node ? NVML_TOPOLOGY_NODE : NVML_TOPOLOGY_SYSTEM;
  return NVML_SUCCESS;
}

}  // extern "C"
