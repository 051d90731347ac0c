// SPDX-License-Identifier: Apache-2.0
#include "sim/machine_file_gpus.hpp"

#include <string>

#include "sim/json_lists.hpp"

namespace gpusim {
namespace {

void read_slice(Fields& fields, MigSlice& slice, const std::string& prefix = "") {
  fields.text((prefix + "name").c_str(), slice.name, true);
  fields.text((prefix + "uuid").c_str(), slice.uuid, true);
  fields.integer((prefix + "multiprocessors").c_str(), slice.multiprocessors, Range::positive,
                 true);
  fields.bytes((prefix + "memory_bytes").c_str(), slice.memory_bytes, true);
}

/// One slice has its fields beside `mig`; several, or none, are a list.
void read_mig(Fields& fields, GpuDescription& gpu, Problem& problem) {
  fields.choice("mig", gpu.mig, {"disabled", "enabled"});
  const auto read = [](Fields& slice, MigSlice& out) { read_slice(slice, out); };
  if (fields.has("mig_slices")) {
    read_list(fields, "mig_slices", gpu.mig_slices, problem, read);
  } else if (gpu.mig == "enabled" || fields.has("mig_name")) {
    read_slice(fields, gpu.mig_slices.emplace_back(), "mig_");
  }
}

void read_fabric(Fields& fields, Fabric& fabric) {
  fields.choice("state", fabric.state, {"not-supported", "not-started", "in-progress", "completed"},
                true);
  fields.integer("status", fabric.status);
  fields.integer("clique", fabric.clique);
  fields.text("cluster", fabric.cluster);
}

}  // namespace

void read_gpu(Fields& fields, GpuDescription& gpu, Problem& problem) {
  fields.text("name", gpu.name, true);
  fields.text("pci_bus_id", gpu.pci_bus_id, true);
  fields.text("uuid", gpu.uuid, true);
  fields.hexadecimal("pci_device_id", gpu.pci_device_id);
  fields.integer("compute_major", gpu.compute_major, Range::positive, true);
  fields.integer("compute_minor", gpu.compute_minor, Range::not_negative, true);
  fields.integer("multiprocessors", gpu.multiprocessors, Range::positive, true);
  fields.bytes("memory_bytes", gpu.memory_bytes, true);
  fields.bytes("nvml_memory_bytes", gpu.nvml_memory_bytes);
  fields.bytes("l2_bytes", gpu.l2_bytes, true);
  fields.integer("copy_engines", gpu.copy_engines);
  fields.integer("memory_bus_bits", gpu.memory_bus_bits);
  fields.integer("sm_clock_khz", gpu.sm_clock_khz);
  fields.integer("memory_clock_khz", gpu.memory_clock_khz);
  fields.integer("memory_clock_load_khz", gpu.memory_clock_load_khz);
  fields.bytes("bar1_bytes", gpu.bar1_bytes);
  fields.integer("numa_node", gpu.numa_node, Range::any);
  fields.integers("attributes", gpu.attributes);
  fields.integer("pcie_generation", gpu.pcie_generation);
  fields.integer("pcie_width", gpu.pcie_width);
  fields.integer("pcie_generation_idle", gpu.pcie_generation_idle);
  fields.integer("pcie_max_generation", gpu.pcie_max_generation, Range::positive);
  fields.integer("pcie_max_width", gpu.pcie_max_width, Range::positive);
  fields.texts("pci_path", gpu.pci_path);
  fields.boolean("in_pci", gpu.in_pci);
  fields.text("cpus", gpu.cpus);
  fields.integer("nvlink_ports", gpu.nvlink_ports);
  read_mig(fields, gpu, problem);
  fields.choice("virtualization", gpu.virtualization, {"none", "passthrough", "vgpu"});
  fields.choice("addressing_mode", gpu.addressing_mode, {"none", "hmm", "ats"});
  fields.integer("busy_percent", gpu.busy_percent);
  fields.texts("throttle", gpu.throttle);
  fields.boolean("cuda_hidden", gpu.cuda_hidden);
  fields.boolean("nvml_hidden", gpu.nvml_hidden);
  fields.boolean("framebuffer", gpu.framebuffer);
  read_object(fields, "fabric", false, problem,
              [&](Fields& fabric) { read_fabric(fabric, gpu.fabric.emplace()); });
  fields.integer("c2c_links", gpu.c2c_links);
  fields.number("c2c_mbps_per_link", gpu.c2c_mbps_per_link);
  fields.figure("local_copy_gbs", gpu.local_copy_gbs, Range::positive);
  fields.figure("read_gbs", gpu.read_gbs, Range::positive);
  fields.figure("write_gbs", gpu.write_gbs, Range::positive);
  fields.figure("l2_gbs", gpu.l2_gbs, Range::positive);
  fields.figure("kernel_from_host_gbs", gpu.kernel_from_host_gbs, Range::positive);
  fields.figure("kernel_to_host_gbs", gpu.kernel_to_host_gbs, Range::positive);
  fields.figure("managed_migration_gbs", gpu.managed_migration_gbs, Range::positive);
  fields.figure("page_fault_us", gpu.page_fault_us, Range::positive);
  fields.figure("host_to_device_gbs", gpu.host_to_device_gbs, Range::positive);
  fields.figure("device_to_host_gbs", gpu.device_to_host_gbs, Range::positive);
  fields.figure("host_both_ways_gbs", gpu.host_both_ways_gbs, Range::positive);
  fields.figure("peer_gbs", gpu.peer_gbs, Range::positive);
  fields.figure("peer_both_ways_gbs", gpu.peer_both_ways_gbs, Range::positive);
  fields.figure("collective_gbs", gpu.collective_gbs, Range::positive);
  fields.figure("peer_copy_latency_us", gpu.peer_copy_latency_us, Range::not_negative);
  fields.figure("peer_read_latency_us", gpu.peer_read_latency_us, Range::not_negative);
  fields.figure("load_latency_ns", gpu.load_latency_ns, Range::positive);
  fields.figure("host_load_latency_ns", gpu.host_load_latency_ns, Range::positive);
  fields.figure("peer_load_latency_ns", gpu.peer_load_latency_ns, Range::positive);
  fields.figure("peer_store_latency_ns", gpu.peer_store_latency_ns, Range::positive);
  fields.number("clock_idle_share", gpu.clock_idle_share, Range::positive);
  fields.number("clock_ramp_ms", gpu.clock_ramp_ms, Range::positive);
  fields.figure("copy_latency_us", gpu.copy_latency_us, Range::not_negative);
  fields.figure("kernel_latency_us", gpu.kernel_latency_us, Range::not_negative);
}

}  // namespace gpusim
