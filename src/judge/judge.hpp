// Whether a measured rate is good: against its ceiling, with a reason a person can act on.
#pragma once

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// At least this part of the raw link rate counts as good. Practice figures: "expect about 80 %" of
/// the nominal rate (https://github.com/stas00/ml-engineering, network/README.md); copy engines
/// reach 87 to 91 % over NVLink where others measured them, kernels about 80 % because their
/// packets are half as long (128 bytes of 256).
inline constexpr double good_from = 0.80;

/// Sets ceiling, efficiency, verdict and verdict_reason. A cell that is not ok, or has no median,
/// gets no verdict beyond no_ceiling with the reason why.
void judge(result::Cell& cell, const machine::Machine& machine);

}  // namespace peerbench::judge
