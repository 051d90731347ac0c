// SPDX-License-Identifier: Apache-2.0
// What is missing or in the way, and how to get it, in sentences a person can act on.
#pragma once

#include <string>
#include <vector>

#include "machine/classify.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

std::vector<std::string> advice(const Signals& signals, const Classification& result);

}  // namespace peerbench::machine
