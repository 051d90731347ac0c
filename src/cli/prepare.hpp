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
  result::Settings settings;  ///< with the numbers of the GPUs that were named
  std::vector<bench::Spec> specs;
};

/// Discovers the machine, finds the GPUs that `selection` names (select_gpus) and lists its cells.
/// To split a model over more GPUs than those is a usage error.
Expected<Prepared> prepare(const MachineOptions& options, bool identify,
                           const GpuSelection& selection, result::Settings settings);

}  // namespace peerbench::cli
