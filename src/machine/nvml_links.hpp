// SPDX-License-Identifier: Apache-2.0
// The NVLinks of one GPU as NVML describes them, and its links to a CPU in the same package.
#pragma once

#include "machine/nvml.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// Fills `ports` and `nvlinks_asked`. A GPU without NVLink answers NOT_SUPPORTED: no links.
void read_nvlinks(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu);

/// Fills `c2c_links` and `c2c_mbps`. Only links that are up count: boards without C2C answer
/// "disabled" or nothing at all.
void read_c2c(const Nvml& nvml, nvmlDevice_t device, GpuSignals& gpu);

}  // namespace peerbench::machine
