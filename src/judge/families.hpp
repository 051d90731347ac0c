// SPDX-License-Identifier: Apache-2.0
// What is judged by the family of a cell, one row each: the rate that it could reach, why that
// is not known, and which figures it is compared beside. Private to this module.
#pragma once

#include <optional>

#include "machine/machine.hpp"
#include "result/comparison.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

struct FamilyRules {
  result::Family family;
  /// GB/s in what the cell counts; none where the machine's description gives none.
  std::optional<result::Reference> (*ceiling)(const machine::Machine&, const result::Cell&);
  /// Why there is no ceiling, where there is none.
  result::Cause (*why_none)(const machine::Machine&, const result::Cell&);
  result::ComparedGroup (*group)(const result::Cell&);
};

const FamilyRules& rules_of(result::Family family);

}  // namespace peerbench::judge
