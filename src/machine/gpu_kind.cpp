// SPDX-License-Identifier: Apache-2.0
#include "machine/gpu_kind.hpp"

#include <algorithm>

namespace peerbench::machine {

namespace {

/// NVIDIA's devices that are sold as modules: pci-ids.ucw.cz (2023.04) for P100 and V100, the table
/// of supported GPUs in the README of NVIDIA's open kernel modules (driver 580) for A100 to H200,
/// and the B200 as lspci names it (GB100 [B200]). The B300's is not known.
constexpr const char* modules[] = {
    "10de:15f9",                                         // P100 SXM2
    "10de:1db1", "10de:1db5", "10de:1db8", "10de:1df5",  // V100 SXM2, SXM3
    "10de:20b0", "10de:20b2", "10de:20b3",               // A100 SXM4
    "10de:20bd", "10de:20f3",                            // A800 SXM4
    "10de:2324", "10de:2330", "10de:2339",               // H800, H100 SXM5
    "10de:2329", "10de:232c", "10de:2335",               // H20, H200
    "10de:2901",                                         // B200
};

}  // namespace

bool alike(const GpuSignals& a, const GpuSignals& b) {
  const bool ids = !a.pci_device_id.empty() && !b.pci_device_id.empty();
  return ids ? a.pci_device_id == b.pci_device_id : a.gpu.model == b.gpu.model;
}

bool is_module(const GpuSignals& gpu) {
  return std::ranges::find(modules, gpu.pci_device_id) != std::end(modules);
}

}  // namespace peerbench::machine
