// SPDX-License-Identifier: Apache-2.0
// The host's own memory: one pool for each NUMA node that has memory and cores.
#pragma once

#include <vector>

#include "base/error.hpp"
#include "machine/machine.hpp"

namespace peerbench::machine {

/// Pools "host0", "host1", ..., named by their NUMA nodes, by hwloc; in the simulated build those
/// of the simulated machine. ErrorKind::device when the topology cannot be read.
Expected<std::vector<Pool>> host_pools();

}  // namespace peerbench::machine
