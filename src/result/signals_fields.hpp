// SPDX-License-Identifier: Apache-2.0
// The keys of a signals document, each named once, as fields.hpp has those of a result. Every
// struct is taken apart in full: a field added to machine/signals.hpp does not compile until it is
// named here, so no saved machine can lose one. Private to this module.
#pragma once

#include <array>

#include "machine/signals.hpp"
#include "result/fields.hpp"
#include "result/signals_file.hpp"

namespace peerbench::result {

inline constexpr std::array remotes = {
    machine::NvlinkPort::Remote::unknown, machine::NvlinkPort::Remote::gpu,
    machine::NvlinkPort::Remote::nvswitch, machine::NvlinkPort::Remote::other};

void describe(auto& v, Of<machine::NvlinkPort> auto& port) {
  auto& [up, peer_capable, remote, remote_pci, version, mbps] = port;
  v.some("up", up);
  v.some("peer_capable", peer_capable);
  v.word_unless("remote", remote, remotes, machine::NvlinkPort::Remote::unknown);
  v.text("remote_pci", remote_pci);
  v.optional("version", version);
  v.optional("mbps", mbps);
}

void describe(auto& v, Of<machine::PciPort> auto& port) {
  auto& [address, current, max, acs_redirect, device_id] = port;
  v.text("address", address);
  v.some("current", current);
  v.some("max", max);
  v.some("acs_redirect", acs_redirect);
  v.text("device_id", device_id);
}

void describe(auto& v, Of<machine::GpuSignals> auto& signals) {
  auto& [gpu, pci_device_id, memory_clock_khz, memory_bus_bits, in_nvml, memory_node, framebuffer,
         mig, virtual_gpu, exec_timeout, nvlinks_asked, ports, c2c_links, c2c_mbps, addressing_mode,
         bar1_bytes, pcie_current, pcie_card_max, pcie_link_max, pci_root, pci_path, iommu_group,
         iommu_type, numa_node, cpus, compute_mode, other_processes, persistence, fabric,
         fabric_degraded] = signals;
  v.one("gpu", gpu);
  v.text("pci_device_id", pci_device_id);
  v.unless("memory_clock_khz", memory_clock_khz, 0);
  v.unless("memory_bus_bits", memory_bus_bits, 0);
  v.some("in_nvml", in_nvml);
  v.some("memory_node", memory_node);
  v.some("framebuffer", framebuffer);
  v.some("mig", mig);
  v.some("virtual_gpu", virtual_gpu);
  v.some("exec_timeout", exec_timeout);
  v.some("nvlinks_asked", nvlinks_asked);
  v.some("ports", ports);
  v.unless("c2c_links", c2c_links, 0);
  v.unless("c2c_mbps", c2c_mbps, 0.0);
  v.text("addressing_mode", addressing_mode);
  v.unless("bar1_bytes", bar1_bytes, Bytes{0});
  v.some("pcie_current", pcie_current);
  v.some("pcie_card_max", pcie_card_max);
  v.some("pcie_link_max", pcie_link_max);
  v.text("pci_root", pci_root);
  v.some("pci_path", pci_path);
  v.optional("iommu_group", iommu_group);
  v.text("iommu_type", iommu_type);
  v.unless("numa_node", numa_node, -1);
  v.text("cpus", cpus);
  v.optional("compute_mode", compute_mode);
  v.optional("other_processes", other_processes);
  v.some("persistence", persistence);
  v.some("fabric", fabric);
  v.some("fabric_degraded", fabric_degraded);
}

void describe(auto& v, Of<machine::PairSignals> auto& pair) {
  auto& [from, to, can_access, allowed, way, native_atomics, cuda_rank] = pair;
  v.required("from", from);
  v.required("to", to);
  v.some("can_access", can_access);
  v.some("allowed", allowed);
  v.word_unless("way", way, pci_topology_levels, machine::PciTopologyLevel::unknown);
  v.some("native_atomics", native_atomics);
  v.optional("cuda_rank", cuda_rank);
}

void describe(auto& v, Of<machine::Signals> auto& signals) {
  auto& [cuda_count, cuda_error, driver_cuda_version, runtime_version, architectures,
         driver_version, nvml, nvml_count, pci_listed, pci_gpus, pci_off_bus, hidden, gpus, pairs,
         wsl, container, virtual_machine, kernel_module, product, kernel, cuda_visible_devices,
         nvidia_visible_devices, pools, iommu, confidential, imex_channels] = signals;
  v.required("cuda_count", cuda_count);
  v.text("cuda_error", cuda_error);
  v.unless("driver_cuda_version", driver_cuda_version, 0);
  v.unless("runtime_version", runtime_version, 0);
  v.text("architectures", architectures);
  v.text("driver_version", driver_version);
  v.some("nvml", nvml);
  v.optional("nvml_count", nvml_count);
  v.some("pci_listed", pci_listed);
  v.texts("pci_gpus", pci_gpus);
  v.texts("pci_off_bus", pci_off_bus);
  v.some("hidden", hidden);
  v.list("gpus", gpus);
  v.list("pairs", pairs);
  v.some("wsl", wsl);
  v.some("container", container);
  v.some("virtual_machine", virtual_machine);
  v.some("kernel_module", kernel_module);
  v.text("product", product);
  v.text("kernel", kernel);
  v.optional("cuda_visible_devices", cuda_visible_devices);
  v.optional("nvidia_visible_devices", nvidia_visible_devices);
  v.list("pools", pools);
  v.some("iommu", iommu);
  v.some("confidential", confidential);
  v.some("imex_channels", imex_channels);
}

void describe(auto& v, Of<SavedSignals> auto& saved) {
  v.some("tool", saved.tool);
  v.text("saved", saved.saved);
  v.some("simulated", saved.simulated);
  v.text("note", saved.note);
  v.one("signals", saved.signals);
}

}  // namespace peerbench::result
