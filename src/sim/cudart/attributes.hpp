// SPDX-License-Identifier: Apache-2.0
// Device attributes of a simulated GPU.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <optional>
#include <string>

#include "sim/cudart/call.hpp"

namespace gpusim {

/// Value of cudaDeviceGetAttribute: what the machine file says under the attribute's name without
/// its prefix, else what follows from the GPU's figures or holds for every GPU of its generation,
/// else 0. None when the toolkit knows no such attribute.
std::optional<int> attribute(const SimulatedMachine& machine, int gpu, int number);

/// Blocks of so many threads and so much dynamic shared memory that one multiprocessor of the GPU
/// holds at the same time. Threads and shared memory limit them; registers are not known here.
int resident_blocks(const SimulatedMachine& machine, int gpu, int threads, std::size_t shared);

/// The most dynamic shared memory that a launch of the kernel may ask for: what every kernel may,
/// or what the program has set with cudaFuncSetAttribute.
std::size_t most_dynamic_shared(SimulatedMachine& machine, int gpu, const std::string& kernel);

}  // namespace gpusim
