// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.hpp"
#include "cli/simulate.hpp"

namespace peerbench::cli {

namespace {

Expected<int> machines() {
  const auto known = simulated_machines();
  if (!known) return tl::unexpected(known.error());
  std::size_t width = 0;
  for (const SimulatedMachine& machine : *known) width = std::max(width, machine.name.size());
  fmt::print(
      "Simulated machines; their figures come from published ones, none is a measurement.\n\n");
  for (const SimulatedMachine& machine : *known) {
    fmt::print("  {:{}}  {}\n", machine.name, width, machine.summary);
  }
  fmt::print("\nNext: peerbench --simulate NAME, or a file of your own in the same format.\n");
  return 0;
}

Finish machines_options(CLI::App&) {
  return []() -> Expected<Task> { return Task{"", machines}; };
}

}  // namespace

Command machines_command() {
  using enum result::ExitCode;
  return {.name = "machines",
          .summary = "List the simulated machines",
          .add_options = machines_options,
          .examples = {"peerbench machines"},
          .exit_codes = {good, io}};
}

}  // namespace peerbench::cli
