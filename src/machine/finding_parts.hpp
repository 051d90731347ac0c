// SPDX-License-Identifier: Apache-2.0
// The findings by what they are about; each adds its own, one for each subject, and findings()
// groups them. Private to this module.
#pragma once

#include <optional>
#include <vector>

#include "machine/finding.hpp"
#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// Why CUDA starts with no GPU although one is there; none where it starts, or nothing is there.
std::optional<Finding> start_finding(const Signals& signals);

/// GPUs that this process does not see, and a library that cannot be asked.
void hidden_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found);

/// NVLinks that are down, refused or counted differently.
void nvlink_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found);

/// Who may use the GPUs and does, modes that cost rate, and numbers that mislead.
void use_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found);

/// Of CUDA_VISIBLE_DEVICES as the driver reads it (CUDA C++ Programming Guide, environment
/// variables): a number that no GPU has, which ends the list, or one named twice, which empties it.
void visible_devices_finding(const Signals& signals, std::vector<Finding>& found);

/// PCIe links that are narrower than they could be, and peers that talk over them.
void pcie_findings(const Machine& machine, std::vector<Finding>& found);

}  // namespace peerbench::machine
