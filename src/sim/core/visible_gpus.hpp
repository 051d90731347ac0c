// SPDX-License-Identifier: Apache-2.0
// Which GPUs of the machine CUDA shows to this process, and as what.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/machine_file.hpp"

namespace gpusim {

/// All GPUs, the sliced ones as their slice.
std::vector<GpuDescription> as_cuda_sees(const MachineFile& file);

/// GPUs that CUDA has, of those the ones that CUDA_VISIBLE_DEVICES names: indexes or beginnings of
/// UUIDs; the list ends at the first one that names nothing, as CUDA documents it.
std::vector<int> visible_gpus(const MachineFile& file);

/// Bytes a program can have of each GPU's memory; an integrated one has the host's.
std::vector<std::uint64_t> memory_sizes(const HostDescription& host,
                                        const std::vector<GpuDescription>& gpus);

}  // namespace gpusim
