// SPDX-License-Identifier: Apache-2.0
// A machine with round figures, so that tests can be computed by hand: two GPUs joined by an NVLink
// bundle of 50 GB/s each way, host links of 20 GB/s, staging of 8 GB/s (12 in sum), host calls that
// take no time.
#pragma once

#include "sim/core/state.hpp"
#include "sim/machine_file.hpp"

namespace gpusim {

inline GpuDescription small_gpu(int index) {
  GpuDescription gpu;
  gpu.name = "Test GPU";
  gpu.pci_bus_id = "0000:0" + std::to_string(index + 1) + ":00.0";
  gpu.uuid = "GPU-0000000" + std::to_string(index) + "-0000-0000-0000-000000000000";
  gpu.compute_major = 8;
  gpu.compute_minor = 6;
  gpu.multiprocessors = 82;
  gpu.memory_bytes = std::uint64_t{1} << 30;
  gpu.copy_engines = 2;
  gpu.local_copy_gbs = {800, "", true};
  gpu.host_to_device_gbs = Figure{20, "", true};
  gpu.device_to_host_gbs = Figure{20, "", true};
  gpu.copy_latency_us = {1, "", true};
  gpu.kernel_latency_us = {2, "", true};
  return gpu;
}

inline MachineFile small_machine() {
  MachineFile file;
  file.name = "small";
  file.driver_version = "580.00";
  file.cuda_version = 13000;
  file.host.memory_bytes = std::uint64_t{16} << 30;
  file.driver = ideal_driver();
  file.host.calls = {0, 0, 0, 0, 0, 0, 0, 0};
  file.host.staging = Staging{
      .one_way_gbs = {8, "", true}, .total_gbs = {12, "", true}, .copy_latency_us = {10, "", true}};
  file.gpus = {small_gpu(0), small_gpu(1)};
  LinkBundle bundle;
  bundle.kind = "nvlink";
  bundle.a = 0;
  bundle.b = 1;
  bundle.links = 4;
  bundle.up = 4;
  bundle.nvlink_version = 5;
  bundle.raw_gbs_per_link = {14, "", true};
  bundle.copy_efficiency = {50.0 / 56, "", true};
  bundle.copy_latency_us = {1, "", true};
  file.links = {bundle};
  PeerPolicy there, back;
  there.from = back.to = 0;
  there.to = back.from = 1;
  there.access = back.access = true;
  there.atomics = back.atomics = "OK";
  file.peers = {there, back};
  return file;
}

}  // namespace gpusim
