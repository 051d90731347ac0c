// SPDX-License-Identifier: Apache-2.0
// What NCCL's topology does not say of a machine: a typical GPU of each compute capability, and the
// rates of PCIe and of a host. All of it is inferred, from built-in machines.
#pragma once

#include "sim/machine_file.hpp"

namespace gpusim {

/// Where a topology does not name a GPU's compute capability: 8.0.
inline constexpr int assumed_capability = 80;

/// Of `gpu` whatever is not identity or place. `capability` is major and minor in one number.
void fill_gpu_defaults(GpuDescription& gpu, int capability);
/// Of a bundle of NVLinks at a GPU of that capability: version, rates, latency.
void fill_link_defaults(LinkBundle& link, int capability);
/// Of a host with so many NUMA nodes of `cores` each; `gpus` say how fast it stages.
void fill_host_defaults(MachineFile& machine, int nodes, int cores);

}  // namespace gpusim
