// SPDX-License-Identifier: Apache-2.0
// Finds the GPU whose link with the host carried a cell: PCIe, or NVLink-C2C on a superchip.
// Private to this module.
#pragma once

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// Copies between host and GPU, and kernels on memory that is, or may be, the host's: pinned,
/// pageable, and managed that comes from there. Null for everything else, and on one chip, where
/// nothing lies between them.
const machine::Gpu* gpu_behind_host_link(const machine::Machine& machine, const result::Cell& cell);

/// Over NVLink-C2C.
bool over_c2c(const machine::Machine& machine, const result::Cell& cell);

}  // namespace peerbench::judge
