// SPDX-License-Identifier: Apache-2.0
// From which part of its ceiling a rate counts as good, by what carries it, who issues it and
// which way it goes: one table, each line with the healthy machines that set it. Private to this
// module.
#pragma once

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// The part of its ceiling, 0 to 1, from which the cell's rate counts as good. `source` says which
/// healthy figures it lies below.
struct Bound {
  double share = 0;
  const char* source = "";
};
Bound good_from(const result::Cell& cell, const machine::Machine& machine);

}  // namespace peerbench::judge
