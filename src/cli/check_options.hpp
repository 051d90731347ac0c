// SPDX-License-Identifier: Apache-2.0
// The options of peerbench check: what is asked of a machine, or of a recorded result.
#pragma once

#include <string>

#include "cli/demands.hpp"
#include "cli/options.hpp"

namespace peerbench::cli {

struct CheckOptions {
  std::string result;  ///< file to judge; empty: this machine
  MachineOptions machine;
  PageOptions page;
  GpuSelection selection;  ///< what is looked at; empty: all
  std::string output;      ///< result file to write; empty: none
  Demands demands;
};

void add_check_options(CLI::App& app, CheckOptions& options);

/// Refuses what cannot be asked together.
Expected<void> check_check_options(const CheckOptions& options);

}  // namespace peerbench::cli
