// SPDX-License-Identifier: Apache-2.0
// What is odd about a machine, each with what to do about it.
#pragma once

#include <vector>

#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// `machine` is what `signals` came to; everything but its findings is filled.
std::vector<Finding> findings(const Signals& signals, const Machine& machine);

/// After a run: GPUs whose PCIe link stayed below what its way allows while they were copying.
std::vector<Finding> findings_under_load(const Machine& machine);

}  // namespace peerbench::machine
