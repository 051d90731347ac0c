// SPDX-License-Identifier: Apache-2.0
#include "machine/nvml_links.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "machine/nvml_pci.hpp"

namespace peerbench::machine {

namespace {

/// Younger headers allow 36 links a GPU; asking for more than there are is harmless.
constexpr unsigned most_links = 36;

/// State first: other questions about a link that is down are errors, not answers.
nvmlReturn_t read_state(const Nvml& nvml, nvmlDevice_t device, unsigned link, NvlinkPort& port) {
  nvmlEnableState_t active = NVML_FEATURE_DISABLED;
  nvmlReturn_t code = Nvml::ask(nvml.functions().nvlink_state, device, link, &active);
  if (code == NVML_SUCCESS) {
    port.up = {tri(active == NVML_FEATURE_ENABLED), fmt::format("{}", static_cast<int>(active))};
    return code;
  }
  double state = 0;
  const nvmlReturn_t field_code = nvml.field(device, NVML_FI_DEV_NVLINK_GET_STATE, link, state);
  if (field_code == NVML_SUCCESS) {
    // 0 inactive, 1 active, 2 sleep (nvml.h): a link that rests wakes with the first copy.
    port.up = {tri(state != 0), fmt::format("{}", state)};
    return field_code;
  }
  port.up.raw = nvml_code_name(code);
  return code;
}

void read_remote(const Nvml& nvml, nvmlDevice_t device, unsigned link, NvlinkPort& port) {
  nvmlIntNvLinkDeviceType_t type = NVML_NVLINK_DEVICE_TYPE_UNKNOWN;
  const bool type_known =
      Nvml::ask(nvml.functions().nvlink_remote_type, device, link, &type) == NVML_SUCCESS;
  nvmlPciInfo_t pci{};
  const bool pci_known =
      Nvml::ask(nvml.functions().nvlink_remote_pci, device, link, &pci) == NVML_SUCCESS;
  port.remote_pci = pci_known ? remote_address(pci) : "";
  if (type_known && type == NVML_NVLINK_DEVICE_TYPE_SWITCH) {
    port.remote = NvlinkPort::Remote::nvswitch;
  } else if (type_known && type == NVML_NVLINK_DEVICE_TYPE_GPU) {
    port.remote = port.remote_pci.empty() ? NvlinkPort::Remote::unknown : NvlinkPort::Remote::gpu;
  } else if (type_known && type == NVML_NVLINK_DEVICE_TYPE_IBMNPU) {
    port.remote = NvlinkPort::Remote::other;
  } else if (pci_known) {
    // Without a type, a bus id that no real device has stands for a switch, as NCCL reads it.
    port.remote = port.remote_pci.empty() ? NvlinkPort::Remote::nvswitch : NvlinkPort::Remote::gpu;
  }
}

void read_port_details(const Nvml& nvml, nvmlDevice_t device, unsigned link, NvlinkPort& port) {
  unsigned capable = 0;
  const nvmlReturn_t code = Nvml::ask(nvml.functions().nvlink_capability, device, link,
                                      NVML_NVLINK_CAP_P2P_SUPPORTED, &capable);
  port.peer_capable.raw = nvml_code_name(code);
  if (code == NVML_SUCCESS) port.peer_capable.value = tri(capable != 0);
  read_remote(nvml, device, link, port);
  if (!is_yes(port.up.value)) return;
  unsigned version = 0;
  if (Nvml::ask(nvml.functions().nvlink_version, device, link, &version) == NVML_SUCCESS) {
    port.version = static_cast<int>(version);
  }
  double mbps = 0;
  if (nvml.field(device, NVML_FI_DEV_NVLINK_GET_SPEED, link, mbps) == NVML_SUCCESS ||
      nvml.field(device, NVML_FI_DEV_NVLINK_SPEED_MBPS_COMMON, 0, mbps) == NVML_SUCCESS) {
    if (mbps > 0) port.mbps = mbps;
  }
}

}  // namespace

void read_nvlinks(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu) {
  std::string first;
  bool unclear = false;
  for (unsigned link = 0; link < most_links; ++link) {
    NvlinkPort port;
    const nvmlReturn_t code = read_state(nvml, device, link, port);
    if (link == 0) first = nvml_code_name(code);
    // Numbers without a link behind them are invalid or not supported; gaps occur.
    if (code == NVML_ERROR_NOT_SUPPORTED || code == NVML_ERROR_INVALID_ARGUMENT) continue;
    if (code == NVML_SUCCESS) {
      read_port_details(nvml, device, link, port);
    } else {
      unclear = true;
      if (code == NVML_ERROR_FUNCTION_NOT_FOUND) break;
    }
    gpu.ports.push_back(port);
  }
  const bool any_known = std::any_of(gpu.ports.begin(), gpu.ports.end(), [](const auto& port) {
    return port.up.value != Tri::unknown;
  });
  if (unclear && !any_known) {
    gpu.ports.clear();
    gpu.nvlinks_asked = {Tri::unknown, first};
  } else if (gpu.ports.empty()) {
    gpu.nvlinks_asked = {Tri::no, first};
  } else {
    gpu.nvlinks_asked = {Tri::yes, fmt::format("{} links", gpu.ports.size())};
  }
}

void read_c2c(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu) {
  double count = 0;
  if (nvml.field(device, NVML_FI_DEV_C2C_LINK_COUNT, 0, count) != NVML_SUCCESS) return;
  for (unsigned link = 0; link < static_cast<unsigned>(count); ++link) {
    double status = 0;
    double mbps = 0;
    if (nvml.field(device, NVML_FI_DEV_C2C_LINK_GET_STATUS, link, status) != NVML_SUCCESS) continue;
    if (status != 1) continue;
    ++gpu.c2c_links;
    if (nvml.field(device, NVML_FI_DEV_C2C_LINK_GET_MAX_BW, link, mbps) == NVML_SUCCESS) {
      gpu.c2c_mbps = mbps;
    }
  }
}

}  // namespace peerbench::machine
