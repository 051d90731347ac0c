// SPDX-License-Identifier: Apache-2.0
// Pairs of GPUs, and the processors and memory near one, as the simulated NVML describes them.
#include <algorithm>
#include <climits>
#include <cstdlib>
#include <span>

#include "sim/nvml/nvml_state.hpp"
#include "sim/pci_tree.hpp"

using gpusim::find_gpu;
using gpusim::FoundGpu;

namespace {

nvmlGpuP2PStatus_t status_of(const std::string& word) {
  if (word == "OK") return NVML_P2P_STATUS_OK;
  if (word == "CNS") return NVML_P2P_STATUS_CHIPSET_NOT_SUPPORTED;
  if (word == "GNS") return NVML_P2P_STATUS_GPU_NOT_SUPPORTED;
  if (word == "TNS") return NVML_P2P_STATUS_IOH_TOPOLOGY_NOT_SUPPORTED;
  if (word == "DR") return NVML_P2P_STATUS_DISABLED_BY_REGKEY;
  if (word == "U") return NVML_P2P_STATUS_UNKNOWN;
  return NVML_P2P_STATUS_NOT_SUPPORTED;
}

const std::string& word_of(const gpusim::PeerPolicy& peer, nvmlGpuP2PCapsIndex_t index) {
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

std::optional<nvmlGpuTopologyLevel_t> level_of(gpusim::PciDistance distance) {
  switch (distance) {
    case gpusim::PciDistance::same_board:
      return NVML_TOPOLOGY_INTERNAL;
    case gpusim::PciDistance::one_switch:
      return NVML_TOPOLOGY_SINGLE;
    case gpusim::PciDistance::switches:
      return NVML_TOPOLOGY_MULTIPLE;
    case gpusim::PciDistance::host:
      return NVML_TOPOLOGY_HOSTBRIDGE;
    case gpusim::PciDistance::node:
      return NVML_TOPOLOGY_NODE;
    case gpusim::PciDistance::system:
      return NVML_TOPOLOGY_SYSTEM;
    case gpusim::PciDistance::unknown:
      break;
  }
  return std::nullopt;
}

/// Calls `visit` for each number of a list like "0-15,32-47".
template <typename Visit>
void for_each_in(const std::string& list, Visit visit) {
  const char* at = list.c_str();
  while (*at != '\0') {
    char* end = nullptr;
    const unsigned long first = std::strtoul(at, &end, 10);
    unsigned long last = first;
    if (*end == '-') last = std::strtoul(end + 1, &end, 10);
    for (unsigned long number = first; number <= last; ++number) visit(number);
    at = *end == ',' ? end + 1 : end;
    if (end == at && *at != '\0') return;
  }
}

/// Sets the bits of the numbers that fit; `numbers` calls its argument for each.
template <typename Numbers>
nvmlReturn_t give_bits(std::span<unsigned long> words, Numbers numbers) {
  constexpr unsigned long bits = sizeof(unsigned long) * CHAR_BIT;
  std::ranges::fill(words, 0);
  numbers([&](unsigned long number) {
    if (number / bits < words.size()) words[number / bits] |= 1ul << number % bits;
  });
  return NVML_SUCCESS;
}

bool is_scope(nvmlAffinityScope_t scope) {
  return scope == NVML_AFFINITY_SCOPE_NODE || scope == NVML_AFFINITY_SCOPE_SOCKET;
}

/// Gives the handles of `gpus` as callers ask for lists: first their count (0 in `count`), then
/// themselves.
nvmlReturn_t give_list(const gpusim::MachineFile& machine, const std::vector<int>& gpus,
                       unsigned* count, nvmlDevice_t* devices) {
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const auto all = static_cast<unsigned>(gpus.size());
  if (*count == 0) {
    *count = all;
    return NVML_SUCCESS;
  }
  if (devices == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *count = std::min(*count, all);
  for (unsigned i = 0; i < *count; ++i) devices[i] = gpusim::handle_of(machine, gpus[i]);
  return NVML_SUCCESS;
}

}  // namespace

extern "C" {

/// Of a GPU with itself nothing is refused: programs ask for all pairs and stop at an error.
nvmlReturn_t nvmlDeviceGetP2PStatus(nvmlDevice_t first, nvmlDevice_t second,
                                    nvmlGpuP2PCapsIndex_t index, nvmlGpuP2PStatus_t* status) {
  const auto from = find_gpu(first);
  const auto to = find_gpu(second);
  if (!from) return from.code;
  if (!to) return to.code;
  if (status == nullptr || index < 0 || index >= NVML_P2P_CAPS_INDEX_UNKNOWN) {
    return NVML_ERROR_INVALID_ARGUMENT;
  }
  const gpusim::PeerPolicy* policy = gpusim::find_policy(*from.machine, from.index, to.index);
  *status = from.index == to.index ? NVML_P2P_STATUS_OK
            : policy == nullptr    ? NVML_P2P_STATUS_NOT_SUPPORTED
                                   : status_of(word_of(*policy, index));
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetTopologyCommonAncestor(nvmlDevice_t first, nvmlDevice_t second,
                                                 nvmlGpuTopologyLevel_t* level) {
  const auto a = find_gpu(first);
  const auto b = find_gpu(second);
  if (!a) return a.code;
  if (!b) return b.code;
  if (level == nullptr || a.index == b.index) return NVML_ERROR_INVALID_ARGUMENT;
  const auto found = level_of(gpusim::pci_distance(*a.gpu, *b.gpu));
  if (!found) return NVML_ERROR_NOT_SUPPORTED;
  *level = *found;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetTopologyNearestGpus(nvmlDevice_t device, nvmlGpuTopologyLevel_t level,
                                              unsigned* count, nvmlDevice_t* devices) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  std::vector<int> near;
  for (int other : gpusim::shown_gpus(*found.machine)) {
    const auto& gpu = found.machine->gpus[static_cast<std::size_t>(other)];
    if (other == found.index) continue;
    if (level_of(gpusim::pci_distance(*found.gpu, gpu)) == level) near.push_back(other);
  }
  return give_list(*found.machine, near, count, devices);
}

nvmlReturn_t nvmlSystemGetTopologyGpuSet(unsigned cpu, unsigned* count, nvmlDevice_t* devices) {
  const auto* machine = gpusim::started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  std::vector<int> near;
  for (int index : gpusim::shown_gpus(*machine)) {
    for_each_in(machine->gpus[static_cast<std::size_t>(index)].cpus, [&](unsigned long number) {
      if (number == cpu) near.push_back(index);
    });
  }
  return give_list(*machine, near, count, devices);
}

nvmlReturn_t nvmlDeviceOnSameBoard(nvmlDevice_t first, nvmlDevice_t second, int* same) {
  const auto a = find_gpu(first);
  const auto b = find_gpu(second);
  if (!a) return a.code;
  if (!b) return b.code;
  if (same == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *same =
      a.index == b.index || gpusim::pci_distance(*a.gpu, *b.gpu) == gpusim::PciDistance::same_board
          ? 1
          : 0;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCpuAffinityWithinScope(nvmlDevice_t device, unsigned words,
                                                 unsigned long* set, nvmlAffinityScope_t scope) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (words == 0 || set == nullptr || !is_scope(scope)) return NVML_ERROR_INVALID_ARGUMENT;
  if (found.gpu->cpus.empty()) return NVML_ERROR_NOT_SUPPORTED;
  return give_bits({set, words}, [&](auto visit) { for_each_in(found.gpu->cpus, visit); });
}

nvmlReturn_t nvmlDeviceGetCpuAffinity(nvmlDevice_t device, unsigned words, unsigned long* set) {
  return nvmlDeviceGetCpuAffinityWithinScope(device, words, set, NVML_AFFINITY_SCOPE_NODE);
}

nvmlReturn_t nvmlDeviceGetMemoryAffinity(nvmlDevice_t device, unsigned words, unsigned long* set,
                                         nvmlAffinityScope_t scope) {
  const auto found = find_gpu(device);
  if (!found) return found.code;
  if (words == 0 || set == nullptr || !is_scope(scope)) return NVML_ERROR_INVALID_ARGUMENT;
  if (found.gpu->numa_node < 0) return NVML_ERROR_NOT_SUPPORTED;
  return give_bits({set, words},
                   [&](auto visit) { visit(static_cast<unsigned long>(found.gpu->numa_node)); });
}

/// The node of the GPU's own memory, which only coherent superchips have.
nvmlReturn_t nvmlDeviceGetNumaNodeId(nvmlDevice_t device, unsigned* node) {
  return gpusim::answer(device, node, [](const FoundGpu& found) -> std::optional<unsigned> {
    const auto id = gpusim::attribute(*found.gpu, "NumaId");
    if (gpusim::attribute(*found.gpu, "NumaConfig") != 1 || !id) return std::nullopt;
    return static_cast<unsigned>(*id);
  });
}

}  // extern "C"
