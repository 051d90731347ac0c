// SPDX-License-Identifier: Apache-2.0
// Errors that links count, as the faults of the machine file have it.
#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace gpusim {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

std::uint64_t errors(double per_gib, std::uint64_t bytes) {
  return static_cast<std::uint64_t>(per_gib * static_cast<double>(bytes) / gib);
}

bool is(int given, int gpu) { return given < 0 || gpu < 0 || given == gpu; }

}  // namespace

std::uint64_t link_errors(const FoundGpu& gpu, const Port& port, LinkError error) {
  if (!port.up || port.place != 0) return 0;
  // Who receives sees that data are wrong; who sent them sends them again.
  const bool out = error == LinkError::replay;
  const bool a_to_b = (port.bundle->a == gpu.index) == out;
  std::uint64_t sum = 0;
  for (const Fault& fault : gpu.machine->faults) {
    if (fault.kind != FaultKind::link_errors) continue;
    if (!is(fault.from, out ? gpu.index : port.peer)) continue;
    if (!is(fault.to, out ? port.peer : gpu.index)) continue;
    sum += errors(fault.per_gib, link_bytes(port.bundle_index, a_to_b));
  }
  return sum;
}

std::uint64_t pcie_replays(const FoundGpu& gpu) {
  std::uint64_t sum = 0;
  for (const Fault& fault : gpu.machine->faults) {
    if (fault.kind != FaultKind::pcie_replays || !is(fault.to, gpu.index)) continue;
    sum +=
        errors(fault.per_gib, host_link_bytes(gpu.index, true) + host_link_bytes(gpu.index, false));
  }
  return sum;
}

}  // namespace gpusim
