// SPDX-License-Identifier: Apache-2.0
// What run and list share: the machine, and the cells of it that were asked for.
#pragma once

#include <vector>

#include "base/error.hpp"
#include "bench/spec.hpp"
#include "cli/found_machine.hpp"
#include "cli/options.hpp"

namespace peerbench::cli {

struct Prepared {
  Found found;
  std::vector<bench::Spec> specs;
};

/// Discovers the machine and lists its cells. --gpus or --pairs that name a GPU the machine does
/// not have are usage errors that say which it has.
Expected<Prepared> prepare(const MachineOptions& options, bool identify,
                           const result::Settings& settings);

/// The check of --gpus and --pairs alone.
Expected<void> check_selection(const machine::Machine& machine, const result::Settings& settings);

}  // namespace peerbench::cli
