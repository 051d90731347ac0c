// SPDX-License-Identifier: Apache-2.0
// Whether a measured rate is good: against its ceiling, with a reason a person can act on.
#pragma once

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// Sets ceiling, band, efficiency, verdict and verdict_reason; the band decides no verdict. A cell
/// that is not ok, or has no median, gets no verdict beyond no_ceiling with the reason why; nor
/// does one whose rate lies so far above its ceiling that the ceiling must be wrong.
void judge(result::Cell& cell, const machine::Machine& machine);

}  // namespace peerbench::judge
