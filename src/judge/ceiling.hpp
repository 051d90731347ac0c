// SPDX-License-Identifier: Apache-2.0
// The rate a cell could reach, and where that figure comes from. Unknown stays unknown: no table
// of GPU names stands in for what the driver does not report. Private to this module.
#pragma once

#include <optional>

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// GB/s in what the cell counts, by the rules of its family; none where the machine's description
/// gives none.
std::optional<result::Reference> ceiling_for(const machine::Machine& machine,
                                             const result::Cell& cell);

/// Copies with peer access: the NVLinks that are up, or the narrowest PCIe link between the GPUs
/// where no NVLink is; twice that when the cell runs both ways and reports the sum.
std::optional<result::Reference> peer_ceiling(const machine::Machine& machine,
                                              const result::Cell& cell);

/// Copies between a GPU and pinned memory of the host nearest to it: the link between them.
std::optional<result::Reference> host_ceiling(const machine::Machine& machine,
                                              const result::Cell& cell);

/// Work on one memory: the theoretical rate of a GPU's own or of the one pool (traffic); of the
/// host's that kernels read or write the link with it.
std::optional<result::Reference> pool_ceiling(const machine::Machine& machine,
                                              const result::Cell& cell);

}  // namespace peerbench::judge
