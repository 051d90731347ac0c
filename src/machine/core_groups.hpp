// SPDX-License-Identifier: Apache-2.0
// Which cores of a pool are worth a figure of their own: those of one kind where there are several
// (big and little), those behind one last-level cache where there are several (a cluster).
#pragma once

#include <hwloc.h>

#include <string>
#include <vector>

#include "machine/machine.hpp"

namespace peerbench::machine {

/// The groups among the cores in `cpus`, kinds first, from the smallest to the biggest. Of clusters
/// alike in cores and cache only the first is one; a cluster of one core, or of all, is none.
/// Kinds are those of hwloc_cpukinds; it ranks them by what the kernel says of capacity and clocks.
std::vector<CoreGroup> core_groups(hwloc_topology_t topology, hwloc_const_cpuset_t cpus);

/// The first hardware thread of each core in `cpus`, as the kernel lists processors: "0-3,8".
/// Virtual machines may show processors without cores around them: then all of these.
std::string one_cpu_a_core(hwloc_topology_t topology, hwloc_const_cpuset_t cpus);

/// How many processors such a list names.
int count_cpus(const std::string& list);

/// The first `count` of them, or all where there are fewer.
std::string first_cpus(const std::string& list, int count);

}  // namespace peerbench::machine
