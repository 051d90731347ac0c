// SPDX-License-Identifier: Apache-2.0
// What no single field of a machine file can tell: ends of pairs, duplicates, sums, the PCI tree.
#pragma once

#include "sim/json_fields.hpp"
#include "sim/machine_file.hpp"

namespace gpusim {

/// Reports the first thing about the whole machine that is wrong.
void check_machine_file(const MachineFile& machine, Problem& problem);

}  // namespace gpusim
