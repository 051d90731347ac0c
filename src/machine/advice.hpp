// SPDX-License-Identifier: Apache-2.0
// What is missing or in the way, and how to get it, in sentences a person can act on.
#pragma once

#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// `machine` is what `signals` came to; everything but its advice is filled. Of a machine whose
/// GPUs CUDA does not start, the first line is the advice of the finding that says why.
std::vector<std::string> advice(const Signals& signals, const Machine& machine);

}  // namespace peerbench::machine
