// SPDX-License-Identifier: Apache-2.0
// The rate a cell could reach, and where that figure comes from. Unknown stays unknown: no table of
// card names stands in for what the driver does not report.
#pragma once

#include <optional>

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// GB/s in what the cell counts; none where the machine's description gives none.
/// Peer copies with peer access: the NVLinks that are up, or the narrowest PCIe link between the
/// cards where no NVLink is; twice that when the cell runs both ways and reports the sum. Copies
/// within a GPU's memory: the memory's theoretical rate (traffic).
std::optional<result::Reference> ceiling_for(const machine::Machine& machine,
                                             const result::Cell& cell);

}  // namespace peerbench::judge
