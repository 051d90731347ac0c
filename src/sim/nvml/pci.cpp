// SPDX-License-Identifier: Apache-2.0
// A GPU's place in PCI and its PCI Express link, as the simulated NVML reports them.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/simulation.hpp"
#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"
#include "sim/pci_tree.hpp"

using gpusim::answer;
using gpusim::FoundGpu;
using gpusim::positive;

namespace {

/// How long nvmlDeviceGetPcieThroughput watches the link (nvml.h).
constexpr std::uint64_t watch_ns = 20'000'000;

/// Fills what the first version of the structure had; callers of old entry points have no room for
/// more.
void fill_legacy(const std::string& bus_id, std::uint32_t device_id, nvmlPciInfo_t& pci) {
  unsigned domain = 0, bus = 0, device = 0;
  std::sscanf(bus_id.c_str(), "%x:%x:%x", &domain, &bus, &device);
  std::snprintf(pci.busIdLegacy, sizeof pci.busIdLegacy, "%04X:%02X:%02X.0", domain & 0xffff,
                bus & 0xff, device & 0x1f);
  pci.domain = domain;
  pci.bus = bus;
  pci.device = device;
  pci.pciDeviceId = device_id;
  pci.pciSubSystemId = 0;
}

nvmlReturn_t legacy_pci(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  const auto found = gpusim::find_gpu(device);
  if (!found) return found.code;
  if (pci == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (!found.gpu->in_pci) return NVML_ERROR_NOT_SUPPORTED;
  fill_legacy(found.gpu->pci_bus_id, found.gpu->pci_device_id, *pci);
  return NVML_SUCCESS;
}

int current_generation(const FoundGpu& found) {
  const bool idle = found.gpu->pcie_generation_idle > 0 && gpusim::link_lowered(found.index);
  return idle ? found.gpu->pcie_generation_idle : found.gpu->pcie_generation;
}

/// Limited by the card and by its slot.
int possible_generation(const FoundGpu& found) {
  const int card = found.gpu->pcie_max_generation;
  const gpusim::Bridge* slot = gpusim::slot_of(*found.machine, *found.gpu);
  return slot == nullptr || slot->generation == 0 ? card : std::min(card, slot->generation);
}

/// Mbit/s of one lane, before encoding.
std::optional<unsigned> lane_mbps(int generation) {
  constexpr std::array<unsigned, 7> rates = {0, 2500, 5000, 8000, 16000, 32000, 64000};
  if (generation <= 0 || generation > 6) return std::nullopt;
  return rates[static_cast<std::size_t>(generation)];
}

}  // namespace

namespace gpusim {

void fill_pci(const std::string& pci_bus_id, std::uint32_t device_id, nvmlPciInfo_t& pci) {
  fill_legacy(pci_bus_id, device_id, pci);
  std::snprintf(pci.busId, sizeof pci.busId, "%08X:%02X:%02X.0", pci.domain, pci.bus & 0xff,
                pci.device & 0x1f);
}

}  // namespace gpusim

extern "C" {

nvmlReturn_t nvmlDeviceGetPciInfo(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return legacy_pci(device, pci);
}
nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return legacy_pci(device, pci);
}
nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  const nvmlReturn_t code = legacy_pci(device, pci);
  if (code != NVML_SUCCESS) return code;
  const auto found = gpusim::find_gpu(device);
  gpusim::fill_pci(found.gpu->pci_bus_id, found.gpu->pci_device_id, *pci);
  return NVML_SUCCESS;
}

#ifdef nvmlPciInfoExt_v1
nvmlReturn_t nvmlDeviceGetPciInfoExt(nvmlDevice_t device, nvmlPciInfoExt_t* pci) {
  if (pci == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (pci->version != nvmlPciInfoExt_v1) return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  nvmlPciInfo_t plain{};
  const nvmlReturn_t code = nvmlDeviceGetPciInfo_v3(device, &plain);
  if (code != NVML_SUCCESS) return code;
  const unsigned pci_class = gpusim::pci_class(*gpusim::find_gpu(device).gpu);
  pci->domain = plain.domain;
  pci->bus = plain.bus;
  pci->device = plain.device;
  pci->pciDeviceId = plain.pciDeviceId;
  pci->pciSubSystemId = plain.pciSubSystemId;
  pci->baseClass = pci_class >> 16;
  pci->subClass = pci_class >> 8 & 0xff;
  std::copy_n(plain.busId, sizeof plain.busId, pci->busId);
  return NVML_SUCCESS;
}
#endif

nvmlReturn_t nvmlDeviceGetBusType(nvmlDevice_t device, nvmlBusType_t* type) {
  return answer(device, type, [](const FoundGpu& found) {
    const bool express = found.gpu->in_pci && found.gpu->pcie_generation > 0;
    return std::optional<nvmlBusType_t>(express ? NVML_BUS_TYPE_PCIE : NVML_BUS_TYPE_UNKNOWN);
  });
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t device, unsigned* generation) {
  return answer(device, generation,
                [](const FoundGpu& found) { return positive(current_generation(found)); });
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkGeneration(nvmlDevice_t device, unsigned* generation) {
  return answer(device, generation,
                [](const FoundGpu& found) { return positive(possible_generation(found)); });
}
nvmlReturn_t nvmlDeviceGetGpuMaxPcieLinkGeneration(nvmlDevice_t device, unsigned* generation) {
  return answer(device, generation,
                [](const FoundGpu& found) { return positive(found.gpu->pcie_max_generation); });
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t device, unsigned* width) {
  return answer(device, width,
                [](const FoundGpu& found) { return positive(found.gpu->pcie_width); });
}
/// nvml.h promises the lesser of card and slot, but drivers answer the card's own width: cards in
/// x8 slots are listed as "Max 16x, Current 8x" everywhere.
nvmlReturn_t nvmlDeviceGetMaxPcieLinkWidth(nvmlDevice_t device, unsigned* width) {
  return answer(device, width,
                [](const FoundGpu& found) { return positive(found.gpu->pcie_max_width); });
}

nvmlReturn_t nvmlDeviceGetPcieSpeed(nvmlDevice_t device, unsigned* mbps) {
  return answer(device, mbps,
                [](const FoundGpu& found) { return lane_mbps(current_generation(found)); });
}
/// As NVML_PCIE_LINK_MAX_SPEED_..., which count generations.
nvmlReturn_t nvmlDeviceGetPcieLinkMaxSpeed(nvmlDevice_t device, unsigned* speed) {
  return answer(device, speed,
                [](const FoundGpu& found) { return positive(found.gpu->pcie_max_generation); });
}

nvmlReturn_t nvmlDeviceGetPcieReplayCounter(nvmlDevice_t device, unsigned* count) {
  return answer(device, count, [](const FoundGpu& found) {
    if (found.gpu->pcie_generation == 0) return std::optional<unsigned>();
    return std::optional(static_cast<unsigned>(gpusim::pcie_replays(found)));
  });
}

/// KB/s over 20 ms, which pass meanwhile. Bytes count when their operation ends.
nvmlReturn_t nvmlDeviceGetPcieThroughput(nvmlDevice_t device, nvmlPcieUtilCounter_t counter,
                                         unsigned* kilobytes) {
  if (counter < 0 || counter >= NVML_PCIE_UTIL_COUNT) return NVML_ERROR_INVALID_ARGUMENT;
  return answer(device, kilobytes, [&](const FoundGpu& found) -> std::optional<unsigned> {
    if (found.gpu->pcie_generation == 0) return std::nullopt;
    const bool in = counter == NVML_PCIE_UTIL_RX_BYTES;
    const std::uint64_t before = gpusim::host_link_bytes(found.index, in);
    peerbench_sim_spend(watch_ns);
    const std::uint64_t bytes = gpusim::host_link_bytes(found.index, in) - before;
    return static_cast<unsigned>(bytes * 1'000'000 / watch_ns);
  });
}

}  // extern "C"
