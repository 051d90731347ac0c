#include "machine/nvml_signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "machine/pci_address.hpp"

namespace peerbench::machine {

namespace {

/// One GPU as NVML lists it.
struct Board {
  nvmlDevice_t handle = nullptr;
  std::string pci;
  std::string uuid;
};

std::vector<Board> list_boards(const Nvml& nvml, unsigned count) {
  std::vector<Board> boards;
  for (unsigned i = 0; i < count; ++i) {
    Board board;
    if (Nvml::ask(nvml.functions().handle_by_index, i, &board.handle) != NVML_SUCCESS) continue;
    nvmlPciInfo_t pci{};
    if (Nvml::ask(nvml.functions().pci_info, board.handle, &pci) == NVML_SUCCESS) {
      board.pci = canonical_pci(pci.busId);
    }
    char uuid[NVML_DEVICE_UUID_V2_BUFFER_SIZE] = "";
    if (Nvml::ask(nvml.functions().uuid, board.handle, uuid, static_cast<unsigned>(sizeof uuid)) ==
        NVML_SUCCESS) {
      board.uuid = uuid;
    }
    boards.push_back(board);
  }
  return boards;
}

const Board* match(const std::vector<Board>& boards, GpuSignals& gpu) {
  const auto by_pci = std::find_if(boards.begin(), boards.end(), [&](const Board& board) {
    return !board.pci.empty() && board.pci == gpu.gpu.pci_bus_id;
  });
  if (by_pci != boards.end()) {
    gpu.in_nvml = {Tri::yes, "PCI bus id"};
    return &*by_pci;
  }
  const auto by_uuid = std::find_if(boards.begin(), boards.end(), [&](const Board& board) {
    return !board.uuid.empty() && board.uuid == gpu.gpu.uuid;
  });
  if (by_uuid != boards.end()) {
    gpu.in_nvml = {Tri::yes, "UUID"};
    return &*by_uuid;
  }
  gpu.in_nvml = {Tri::no, "neither PCI bus id nor UUID found"};
  return nullptr;
}

void read_memory(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu) {
  nvmlMemory_t memory{};
  const nvmlReturn_t code = Nvml::ask(nvml.functions().memory_info, device, &memory);
  gpu.framebuffer.raw = nvml_code_name(code);
  if (code == NVML_SUCCESS) {
    gpu.framebuffer.value = Tri::yes;
    gpu.gpu.free_bytes = memory.free;
  } else if (code == NVML_ERROR_NOT_SUPPORTED) {
    gpu.framebuffer.value = Tri::no;
  }
}

void read_sharing(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu) {
  unsigned mode = 0;
  unsigned pending = 0;
  nvmlReturn_t code = Nvml::ask(nvml.functions().mig_mode, device, &mode, &pending);
  if (code == NVML_SUCCESS) {
    gpu.mig = {tri(mode == NVML_DEVICE_MIG_ENABLE), fmt::format("mode {}", mode)};
  } else if (code == NVML_ERROR_NOT_SUPPORTED) {
    gpu.mig = {Tri::no, nvml_code_name(code)};
  } else {
    gpu.mig.raw = nvml_code_name(code);
  }
  nvmlGpuVirtualizationMode_t virtualization = NVML_GPU_VIRTUALIZATION_MODE_NONE;
  code = Nvml::ask(nvml.functions().virtualization_mode, device, &virtualization);
  if (code == NVML_SUCCESS) {
    gpu.virtual_gpu = {tri(virtualization == NVML_GPU_VIRTUALIZATION_MODE_VGPU),
                       fmt::format("mode {}", static_cast<int>(virtualization))};
  } else {
    gpu.virtual_gpu.raw = nvml_code_name(code);
  }
}

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
    port.up = {tri(state == 1), fmt::format("{}", state)};
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
  port.remote_pci = pci_known ? canonical_pci(pci.busId) : "";
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

void read_nvlinks(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu) {
  std::string first;
  bool unclear = false;
  for (unsigned link = 0; link < NVML_NVLINK_MAX_LINKS; ++link) {
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

/// Only links whose status is 1 count: boards without C2C answer "disabled" or nothing at all.
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

std::string p2p_word(nvmlGpuP2PStatus_t status) {
  static const char* const words[] = {"OK", "CNS", "GNS", "TNS", "DR", "NS", "U"};
  return status >= 0 && status < 7 ? words[status] : "U";
}

}  // namespace

void read_nvml(const Nvml& nvml, Signals& signals) {
  signals.nvml = nvml.status();
  for (GpuSignals& gpu : signals.gpus) {
    gpu.nvlinks_asked.raw = gpu.framebuffer.raw = signals.nvml.raw;
  }
  if (!nvml.started()) return;
  char version[NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE] = "";
  if (Nvml::ask(nvml.functions().driver_version, version, static_cast<unsigned>(sizeof version)) ==
      NVML_SUCCESS) {
    signals.driver_version = version;
  }
  unsigned count = 0;
  const nvmlReturn_t code = Nvml::ask(nvml.functions().count, &count);
  if (code != NVML_SUCCESS) {
    signals.nvml = {Tri::unknown, nvml_code_name(code)};
    return;
  }
  signals.nvml_count = static_cast<int>(count);
  const std::vector<Board> boards = list_boards(nvml, count);
  std::vector<nvmlDevice_t> handles(signals.gpus.size(), nullptr);
  for (std::size_t i = 0; i < signals.gpus.size(); ++i) {
    GpuSignals& gpu = signals.gpus[i];
    const Board* board = match(boards, gpu);
    if (board == nullptr) {
      gpu.nvlinks_asked.raw = gpu.in_nvml.raw;
      continue;
    }
    handles[i] = board->handle;
    read_memory(nvml, board->handle, gpu);
    read_sharing(nvml, board->handle, gpu);
    read_nvlinks(nvml, board->handle, gpu);
    read_c2c(nvml, board->handle, gpu);
  }
  for (PairSignals& pair : signals.pairs) {
    if (handles[pair.from] == nullptr || handles[pair.to] == nullptr) continue;
    nvmlGpuP2PStatus_t status = NVML_P2P_STATUS_UNKNOWN;
    if (Nvml::ask(nvml.functions().p2p_status, handles[pair.from], handles[pair.to],
                  NVML_P2P_CAPS_INDEX_READ, &status) == NVML_SUCCESS) {
      const std::string word = p2p_word(status);
      pair.allowed.read = {word == "U" ? Tri::unknown : tri(word == "OK"), word};
    }
  }
}

}  // namespace peerbench::machine
