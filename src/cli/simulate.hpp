// SPDX-License-Identifier: Apache-2.0
// Simulated machines from the user's side: where their files are, and handing over to the simulated
// build.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace peerbench::cli {

struct SimulatedMachine {
  std::string name;
  std::string summary;
  std::string path;
};

/// The machines that come with the program (share/peerbench/machines beside its bin), by name.
Expected<std::vector<SimulatedMachine>> simulated_machines();

/// Finds what --simulate names: a known machine, or a file if the text has a '/' or ends in .json
/// or .xml. An unknown name is a usage error that offers the nearest ones.
Expected<std::string> find_machine_file(const std::string& name_or_file);

/// In peerbench: replaces this process by its simulated build with the same arguments; returns only
/// to say why that failed. In the simulated build: opens the machine.
Expected<void> enter_simulation(const std::string& name_or_file, char** argv);

}  // namespace peerbench::cli
