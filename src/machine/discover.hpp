// Looks into the box: asks the CUDA runtime, NVML and the operating system, and classifies.
// Works without a driver, without a GPU and in the simulation twin.
#pragma once

#include "base/error.hpp"
#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// The machine as this process sees it. Fails only when not even the host's memory can be
/// described (ErrorKind::device), or when the simulated machine's topology is malformed.
Expected<Machine> discover();

/// Only the questions and answers, for those who want to see them raw.
Signals read_signals();

}  // namespace peerbench::machine
