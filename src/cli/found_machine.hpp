// SPDX-License-Identifier: Apache-2.0
// The machine that a command is about: this one, the simulated one, or one whose signals were
// saved.
#pragma once

#include <optional>

#include "base/error.hpp"
#include "cli/options.hpp"
#include "result/run.hpp"

namespace peerbench::cli {

struct Found {
  machine::Machine machine;
  std::optional<result::Simulated> simulated;
  std::optional<result::Replayed> replayed;  ///< where it comes from --signals
};

/// Asks the machine, or reads --signals and asks nothing. Writes --save-signals where that is
/// given, before anybody measures; `identify`: with UUIDs of GPUs.
Expected<Found> find_machine(const MachineOptions& options, bool identify);

}  // namespace peerbench::cli
