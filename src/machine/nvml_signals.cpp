// SPDX-License-Identifier: Apache-2.0
#include "machine/nvml_signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "machine/context.hpp"
#include "machine/nvml_links.hpp"
#include "machine/nvml_pci.hpp"

namespace peerbench::machine {

namespace {

/// One GPU as NVML lists it.
struct Board {
  nvmlDevice_t handle = nullptr;
  std::string pci;
  std::string pci_device_id;  ///< "10de:2204"
  std::string uuid;
  std::string model;
  int index = 0;
  Hiding why = Hiding::unknown;  ///< CUDA would not show it
  bool matched = false;
};

std::vector<Board> list_boards(const Nvml& nvml, unsigned count) {
  std::vector<Board> boards;
  for (unsigned i = 0; i < count; ++i) {
    Board board;
    board.index = static_cast<int>(i);
    const nvmlReturn_t code = Nvml::ask(nvml.functions().handle_by_index, i, &board.handle);
    if (code == NVML_ERROR_GPU_IS_LOST) {
      board.why = Hiding::lost;
      boards.push_back(board);
    }
    if (code != NVML_SUCCESS) continue;
    nvmlPciInfo_t pci{};
    if (Nvml::ask(nvml.functions().pci_info, board.handle, &pci) == NVML_SUCCESS) {
      board.pci = card_address(pci);
      board.pci_device_id =
          fmt::format("{:04x}:{:04x}", pci.pciDeviceId & 0xffff, pci.pciDeviceId >> 16);
    }
    char uuid[NVML_DEVICE_UUID_V2_BUFFER_SIZE] = "";
    if (Nvml::ask(nvml.functions().uuid, board.handle, uuid, static_cast<unsigned>(sizeof uuid)) ==
        NVML_SUCCESS) {
      board.uuid = uuid;
    }
    char model[NVML_DEVICE_NAME_V2_BUFFER_SIZE] = "";
    if (Nvml::ask(nvml.functions().device_name, board.handle, model,
                  static_cast<unsigned>(sizeof model)) == NVML_SUCCESS) {
      board.model = model;
    }
    boards.push_back(board);
  }
  return boards;
}

/// Finds the board of a GPU. By UUID alone it would fail on Jetson and on slices.
const Board* match(std::vector<Board>& boards, GpuSignals& gpu) {
  const auto find = [&](std::string Board::*key, const std::string& wanted,
                        const char* by) -> Board* {
    const auto found =
        std::ranges::find_if(boards, [&](const Board& board) { return board.*key == wanted; });
    if (wanted.empty() || found == boards.end()) return nullptr;
    gpu.in_nvml = {Tri::yes, by};
    found->matched = true;
    return &*found;
  };
  if (const Board* board = find(&Board::pci, gpu.gpu.pci_bus_id, "PCI bus id")) return board;
  if (const Board* board = find(&Board::uuid, gpu.gpu.uuid, "UUID")) return board;
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

/// Of a GPU with MIG on CUDA shows slices only, and gives the digits of a slice's UUID without
/// saying that they are one's.
void name_as_slice(GpuSignals& gpu) {
  if (is_yes(gpu.mig.value) && gpu.gpu.uuid.starts_with("GPU-")) gpu.gpu.uuid.replace(0, 3, "MIG");
}

template <typename Generation, typename Width>
std::optional<PcieSpeed> pcie_speed(nvmlDevice_t device, Generation generation_of, Width width_of) {
  unsigned generation = 0;
  unsigned width = 0;
  if (Nvml::ask(generation_of, device, &generation) != NVML_SUCCESS ||
      Nvml::ask(width_of, device, &width) != NVML_SUCCESS || generation == 0 || width == 0) {
    return std::nullopt;
  }
  return PcieSpeed{static_cast<int>(generation), static_cast<int>(width)};
}

/// Sizes and links of the card that no rate follows from by itself.
void read_card(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu) {
  const NvmlFunctions& f = nvml.functions();
  nvmlBAR1Memory_t bar1{};
  if (Nvml::ask(f.bar1_memory_info, device, &bar1) == NVML_SUCCESS) gpu.bar1_bytes = bar1.bar1Total;
  gpu.pcie_current = current_pcie(nvml, device);
  gpu.pcie_link_max = pcie_speed(device, f.pcie_max_generation, f.pcie_max_width);
  gpu.pcie_card_max = pcie_speed(device, f.pcie_card_generation, f.pcie_max_width);
  NvmlAddressingMode mode;
  if (Nvml::ask(f.addressing_mode, device, &mode) == NVML_SUCCESS) {
    // nvml.h, NVML_DEVICE_ADDRESSING_MODE_*
    constexpr const char* words[] = {"none", "HMM", "ATS"};
    gpu.addressing_mode = mode.value < 3 ? words[mode.value] : fmt::format("mode {}", mode.value);
  }
}

Signal p2p_answer(const Nvml& nvml, nvmlDevice_t from, nvmlDevice_t to,
                  nvmlGpuP2PCapsIndex_t what) {
  // nvml.h, nvmlGpuP2PStatus_t, with the words of nvidia-smi topo -p2p.
  static const char* const words[] = {"OK", "CNS", "GNS", "TNS", "DR", "NS", "U"};
  nvmlGpuP2PStatus_t status = NVML_P2P_STATUS_UNKNOWN;
  const nvmlReturn_t code = Nvml::ask(nvml.functions().p2p_status, from, to, what, &status);
  if (code != NVML_SUCCESS) return {Tri::unknown, nvml_code_name(code)};
  if (status == NVML_P2P_STATUS_OK) return {Tri::yes, "OK"};
  if (status < 0 || status >= NVML_P2P_STATUS_UNKNOWN) return {Tri::unknown, "U"};
  return {Tri::no, words[status]};
}

PciTopologyLevel common_ancestor(const Nvml& nvml, nvmlDevice_t from, nvmlDevice_t to) {
  nvmlGpuTopologyLevel_t level = NVML_TOPOLOGY_SYSTEM;
  if (Nvml::ask(nvml.functions().common_ancestor, from, to, &level) != NVML_SUCCESS) {
    return PciTopologyLevel::unknown;
  }
  switch (level) {
    case NVML_TOPOLOGY_INTERNAL:
      return PciTopologyLevel::same_board;
    case NVML_TOPOLOGY_SINGLE:
      return PciTopologyLevel::pix;
    case NVML_TOPOLOGY_MULTIPLE:
      return PciTopologyLevel::pxb;
    case NVML_TOPOLOGY_HOSTBRIDGE:
      return PciTopologyLevel::phb;
    case NVML_TOPOLOGY_NODE:
      return PciTopologyLevel::node;
    case NVML_TOPOLOGY_SYSTEM:
      return PciTopologyLevel::sys;
  }
  return PciTopologyLevel::unknown;
}

void read_pair(const Nvml& nvml, nvmlDevice_t from, nvmlDevice_t to, PairSignals& pair) {
  const auto ask = [&](nvmlGpuP2PCapsIndex_t what) { return p2p_answer(nvml, from, to, what); };
  pair.allowed = {.read = ask(NVML_P2P_CAPS_INDEX_READ),
                  .write = ask(NVML_P2P_CAPS_INDEX_WRITE),
                  .atomics = ask(NVML_P2P_CAPS_INDEX_ATOMICS),
                  .nvlink = ask(NVML_P2P_CAPS_INDEX_NVLINK),
                  .pcie = ask(NVML_P2P_CAPS_INDEX_PROP)};
  pair.way = common_ancestor(nvml, from, to);
}

/// Boards that none of CUDA's GPUs was matched with.
void add_hidden(const Nvml& nvml, const std::vector<Board>& boards, Signals& signals) {
  for (const Board& board : boards) {
    if (board.matched) continue;
    HiddenGpu gpu{board.model, board.pci, board.why, true, board.uuid};
    unsigned mode = 0, pending = 0;
    if (board.handle != nullptr &&
        Nvml::ask(nvml.functions().mig_mode, board.handle, &mode, &pending) == NVML_SUCCESS &&
        mode == NVML_DEVICE_MIG_ENABLE) {
      gpu.why = Hiding::mig_without_slice;
    }
    signals.hidden.push_back(std::move(gpu));
  }
}

/// Who may use the GPU, who does, and whether the driver keeps it set up.
void read_use(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu) {
  nvmlComputeMode_t mode{};
  if (Nvml::ask(nvml.functions().compute_mode, device, &mode) == NVML_SUCCESS) {
    gpu.compute_mode = static_cast<int>(mode);
  }
  gpu.other_processes = other_processes(nvml, device, OwnContext::none);
  nvmlEnableState_t persistent{};
  const nvmlReturn_t code = Nvml::ask(nvml.functions().persistence_mode, device, &persistent);
  gpu.persistence.raw = nvml_code_name(code);
  if (code == NVML_SUCCESS) gpu.persistence.value = tri(persistent == NVML_FEATURE_ENABLED);
}

/// States and health mask by nvml.h, NVML_GPU_FABRIC_STATE_* and NVML_GPU_FABRIC_HEALTH_MASK_*.
void read_fabric(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu) {
  constexpr const char* states[] = {"not supported", "not started", "in progress", "completed"};
  constexpr unsigned char not_supported = 0, completed = 3;
  constexpr unsigned degraded_bits = 3, degraded = 1, whole = 2;
  NvmlFabricInfo info;
  const nvmlReturn_t code = Nvml::ask(nvml.functions().fabric_info, device, &info);
  if (code != NVML_SUCCESS || info.state == not_supported || info.state > completed) {
    gpu.fabric.raw = code != NVML_SUCCESS ? nvml_code_name(code) : states[not_supported];
    return;
  }
  gpu.fabric = {tri(info.state == completed && info.status == NVML_SUCCESS), states[info.state]};
  if (info.status != NVML_SUCCESS) gpu.fabric.raw += ", " + nvml_code_name(info.status);
  const unsigned health = info.health_mask & degraded_bits;
  if (health == degraded || health == whole) {
    gpu.fabric_degraded = {tri(health == degraded), fmt::format("{:#x}", info.health_mask)};
  }
}

void read_confidential(const Nvml& nvml, Signals& signals) {
  nvmlConfComputeSystemState_t state{};
  const nvmlReturn_t code = Nvml::ask(nvml.functions().confidential_state, &state);
  signals.confidential.raw = nvml_code_name(code);
  if (code == NVML_SUCCESS) {
    signals.confidential.value = tri(state.ccFeature == NVML_CC_SYSTEM_FEATURE_ENABLED);
  }
}

}  // namespace

void read_nvml(const Nvml& nvml, Signals& signals) {
  set_nvml_unknown(nvml.status().raw, signals);
  signals.nvml = nvml.status();
  if (!nvml.started()) return;
  char version[NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE] = "";
  if (Nvml::ask(nvml.functions().driver_version, version, static_cast<unsigned>(sizeof version)) ==
      NVML_SUCCESS) {
    signals.driver_version = version;
  }
  unsigned count = 0;
  const nvmlReturn_t code = Nvml::ask(nvml.functions().count, &count);
  if (code != NVML_SUCCESS) {
    set_nvml_unknown(nvml_code_name(code), signals);
    return;
  }
  signals.nvml_count = static_cast<int>(count);
  read_confidential(nvml, signals);
  std::vector<Board> boards = list_boards(nvml, count);
  std::vector<nvmlDevice_t> handles(signals.gpus.size(), nullptr);
  for (std::size_t i = 0; i < signals.gpus.size(); ++i) {
    GpuSignals& gpu = signals.gpus[i];
    const Board* board = match(boards, gpu);
    if (board == nullptr) {
      gpu.nvlinks_asked.raw = gpu.in_nvml.raw;
      continue;
    }
    handles[i] = board->handle;
    gpu.pci_device_id = board->pci_device_id;
    gpu.gpu.nvml_index = board->index;
    read_memory(nvml, board->handle, gpu);
    read_sharing(nvml, board->handle, gpu);
    name_as_slice(gpu);
    read_card(nvml, board->handle, gpu);
    read_nvlinks(nvml, board->handle, gpu);
    read_c2c(nvml, board->handle, gpu);
    read_use(nvml, board->handle, gpu);
    read_fabric(nvml, board->handle, gpu);
  }
  for (PairSignals& pair : signals.pairs) {
    nvmlDevice_t from = handles[static_cast<std::size_t>(pair.from)];
    nvmlDevice_t to = handles[static_cast<std::size_t>(pair.to)];
    if (from != nullptr && to != nullptr) read_pair(nvml, from, to, pair);
  }
  add_hidden(nvml, boards, signals);
}

std::optional<PcieSpeed> current_pcie(const Nvml& nvml, nvmlDevice_t device) {
  return pcie_speed(device, nvml.functions().pcie_generation, nvml.functions().pcie_width);
}

void set_nvml_unknown(const std::string& why, Signals& signals) {
  signals.nvml = {Tri::unknown, why};
  for (GpuSignals& gpu : signals.gpus) gpu.nvlinks_asked.raw = gpu.framebuffer.raw = why;
}

}  // namespace peerbench::machine
