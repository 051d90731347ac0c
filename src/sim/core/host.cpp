// SPDX-License-Identifier: Apache-2.0
// The host of the simulated machine, for programs that would otherwise ask the operating system.
#include "base/simulation.hpp"
#include "sim/core/state.hpp"

extern "C" PEERBENCH_SIM_EXPORT int peerbench_sim_host_topology(peerbench_sim_host* host) {
  const auto* machine = gpusim::open_machine();
  if (machine == nullptr || host == nullptr) return -1;
  static std::string core_kinds;  // like the others, until another machine is opened
  core_kinds.clear();
  for (const gpusim::CoreKind& kind : machine->host.core_kinds) {
    core_kinds += (core_kinds.empty() ? "" : ";") + kind.name + ":" + kind.cpus;
  }
  *host = {.topology = machine->host.topology.c_str(),
           .core_kinds = core_kinds.c_str(),
           .total_bytes = machine->host.memory_bytes,
           .available_bytes = machine->host.available_bytes,
           .product_name = machine->host.product_name.c_str(),
           .kernel = machine->host.kernel.c_str(),
           .driver_version = machine->driver_version.c_str()};
  return 0;
}
