// SPDX-License-Identifier: Apache-2.0
// Machines described by hand, as the classifier would hear of them.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "machine/signals.hpp"

namespace peerbench::machine {

inline Signal yes(const std::string& raw = "1") { return {Tri::yes, raw}; }
inline Signal no(const std::string& raw = "0") { return {Tri::no, raw}; }
inline Signal unknown(const std::string& raw) { return {Tri::unknown, raw}; }

/// A PCIe card that NVML shows without any NVLink.
inline GpuSignals discrete_gpu(int ordinal) {
  GpuSignals signals;
  signals.gpu.ordinal = ordinal;
  signals.gpu.model = "Some GPU";
  signals.gpu.pci_bus_id = fmt::format("0000:{:02x}:00.0", ordinal + 1);
  signals.gpu.integrated = no();
  signals.gpu.host_page_tables = no();
  signals.memory_node = no("none");
  signals.in_nvml = yes("PCI bus id");
  signals.framebuffer = yes("NVML_SUCCESS");
  signals.mig = no();
  signals.virtual_gpu = no();
  signals.nvlinks_asked = no("NVML_ERROR_NOT_SUPPORTED");
  return signals;
}

/// A port whose end of the link can do `max` and runs at it.
inline PciPort port(const std::string& address, PcieSpeed max) {
  PciPort port;
  port.address = address;
  port.max = port.current = max;
  return port;
}

/// The way from the host down to the GPU, which comes last and gives the GPU its address.
inline void add_pci(GpuSignals& gpu, const std::string& root, std::vector<PciPort> path) {
  gpu.pci_root = root;
  gpu.pci_path = std::move(path);
  if (!gpu.pci_path.empty()) gpu.gpu.pci_bus_id = gpu.pci_path.back().address;
}

/// `up` links to the GPU of that ordinal and `down` ones that hide where they lead.
inline void add_links(GpuSignals& gpu, int peer, int up, int down = 0) {
  for (int i = 0; i < up + down; ++i) {
    NvlinkPort port;
    port.up = i < up ? yes() : no();
    port.peer_capable = yes();
    if (i < up) {
      port.remote = NvlinkPort::Remote::gpu;
      port.remote_pci = fmt::format("0000:{:02x}:00.0", peer + 1);
      port.version = 5;
      port.mbps = 14062;
    }
    gpu.ports.push_back(port);
  }
  gpu.nvlinks_asked = yes(fmt::format("{} links", gpu.ports.size()));
}

inline void add_switch_links(GpuSignals& gpu, int up) {
  for (int i = 0; i < up; ++i) {
    NvlinkPort port;
    port.up = yes();
    port.peer_capable = yes();
    port.remote = NvlinkPort::Remote::nvswitch;
    port.version = 6;
    port.mbps = 26562;
    gpu.ports.push_back(port);
  }
  gpu.nvlinks_asked = yes(fmt::format("{} links", gpu.ports.size()));
}

/// That many PCIe GPUs, NVML answering, peer access as given.
inline Signals discrete_machine(int gpus, const Signal& access) {
  Signals signals;
  signals.cuda_count = gpus;
  signals.runtime_version = signals.driver_cuda_version = 13000;
  signals.nvml = yes("NVML_SUCCESS");
  signals.nvml_count = gpus;
  signals.wsl = no();
  signals.kernel_module = yes("580.95.05");
  for (int i = 0; i < gpus; ++i) signals.gpus.push_back(discrete_gpu(i));
  for (int from = 0; from < gpus; ++from) {
    for (int to = 0; to < gpus; ++to) {
      if (from == to) continue;
      PairSignals pair;
      pair.from = from;
      pair.to = to;
      pair.can_access = access;
      signals.pairs.push_back(pair);
    }
  }
  return signals;
}

/// DGX Spark: one GB10.
inline Signals spark() {
  Signals signals = discrete_machine(1, no());
  GpuSignals& gpu = signals.gpus[0];
  gpu.gpu.integrated = yes();
  gpu.gpu.host_page_tables = yes();
  gpu.framebuffer = no("NVML_ERROR_NOT_SUPPORTED");
  gpu.c2c_links = 8;
  gpu.c2c_mbps = 43125;
  signals.product = "NVIDIA_DGX_Spark";
  return signals;
}

/// Grace Hopper, that many of them, without a link between them.
inline Signals grace_hopper(int gpus) {
  Signals signals = discrete_machine(gpus, no());
  for (GpuSignals& gpu : signals.gpus) {
    gpu.gpu.host_page_tables = yes();
    gpu.memory_node = yes(fmt::format("node {}", gpu.gpu.ordinal + 1));
    gpu.c2c_links = 10;
    gpu.c2c_mbps = 44712;
  }
  return signals;
}

/// NVML cannot be loaded: nothing it would say is known.
inline void forget_nvml(Signals& signals) {
  signals.nvml = unknown("libnvidia-ml.so.1 could not be loaded");
  signals.nvml_count.reset();
  for (GpuSignals& gpu : signals.gpus) {
    gpu.in_nvml = gpu.framebuffer = gpu.mig = gpu.virtual_gpu = gpu.nvlinks_asked = signals.nvml;
    gpu.ports.clear();
    gpu.c2c_links = 0;
  }
}

}  // namespace peerbench::machine
