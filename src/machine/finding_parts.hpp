// SPDX-License-Identifier: Apache-2.0
// The findings by what they are about; each adds its own, one for each subject, and findings()
// groups them. Private to this room.
#pragma once

#include <vector>

#include "machine/finding.hpp"
#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// GPUs that this process does not see, and a library that cannot be asked.
void hidden_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found);

/// NVLinks that are down, refused or counted differently.
void nvlink_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found);

/// PCIe links that are narrower than they could be, and peers that talk over them.
void pcie_findings(const Machine& machine, std::vector<Finding>& found);

}  // namespace peerbench::machine
