// SPDX-License-Identifier: Apache-2.0
// The table of findings: name, severity and wording of each code. Private to this module.
#pragma once

#include <span>

#include "base/wording.hpp"
#include "machine/finding.hpp"

namespace peerbench::machine {

struct FindingRow {
  FindingCode code;
  const char* name;
  Severity severity;  ///< info: healthy machines are like that too
  Wording<Finding> what;
  Wording<Finding> advice;
};

/// One row a code, in the order of the enumeration.
std::span<const FindingRow> finding_rows();

/// The part of it about the state that driver and GPUs are in: from nvlink_modules_down to
/// fabric_degraded.
std::span<const FindingRow> state_finding_rows();

/// The part of it about what failed in a run: from nccl_hangs on.
std::span<const FindingRow> failure_finding_rows();

}  // namespace peerbench::machine
