// SPDX-License-Identifier: Apache-2.0
// Looks into the box: asks the CUDA runtime, NVML and the operating system, and classifies.
// Works without a driver, without a GPU and in the simulated build.
#pragma once

#include "base/error.hpp"
#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// All questions and answers. Fails only when not even the host's memory can be described
/// (ErrorKind::device), or when the simulated machine's topology is malformed.
Expected<Signals> read_signals();

/// What the answers come to. Pure: the same for signals that were saved on another machine.
Machine describe(Signals signals);

/// The machine as this process sees it: both of these.
Expected<Machine> discover();

}  // namespace peerbench::machine
