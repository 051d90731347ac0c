// SPDX-License-Identifier: Apache-2.0
// Runs cells on a simulated machine of two GPUs whose CUDA runtime fails in one of its calls.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bench/spec.hpp"
#include "sim/core/state.hpp"
#include "sim/machine_file.hpp"

namespace peerbench::support {

using CallCounts = std::map<std::string, gpusim::CallCount>;

/// The machine as it is when nothing fails, and what was found out about it then.
struct TwoGpus {
  gpusim::MachineFile file;
  machine::Machine machine;
  std::vector<bench::Spec> specs;  ///< of both tiers and of a split model, with small buffers
};
/// Finds it out once. Fails the test where there is no such machine.
const TwoGpus& two_gpus();

/// The first spec whose name begins so; fails the test where there is none.
bench::Spec spec_named(const std::string& beginning);

/// What is found out about the machine where a call fails while it is asked.
Expected<machine::Machine> discover_with(const gpusim::Fault& fault);
/// The cells of a machine whose names match.
std::vector<bench::Spec> specs_of(const machine::Machine& machine, const std::string& filter);

/// What came of cells that ran one after another in one process.
struct Ran {
  std::vector<result::Cell> cells;
  CallCounts calls;
  /// What the simulator says it did: operation, GPU, source, destination and way of each, once.
  std::set<std::string> done;
};

/// Runs the cells on the machine as if it had just been found, with a fault from their first call
/// on. `done` is only filled where it is `traced`, which takes longer.
Ran run_cells(const std::vector<bench::Spec>& specs,
              const std::optional<gpusim::Fault>& fault = std::nullopt, bool traced = false);

}  // namespace peerbench::support
