// The rate a cell could reach, and where that figure comes from. Unknown stays unknown: no table of
// card names stands in for what the driver does not report.
#pragma once

#include <optional>

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// For peer copies with peer access over NVLink: raw rate of one link x links that are up, one way,
/// as NVML reports them; twice that when the cell runs both ways and reports the sum. In GB/s of
/// one-way bytes. None for everything else, and where the driver did not say.
std::optional<result::Reference> ceiling_for(const machine::Machine& machine,
                                             const result::Cell& cell);

}  // namespace peerbench::judge
