// SPDX-License-Identifier: Apache-2.0
// What CPU threads get of the host's memory on a simulated machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/machine_file.hpp"

namespace gpusim {

/// The processors of a list as the kernel writes them, "0-3,8"; empty when it is none.
std::vector<int> parse_cpus(const std::string& list);

/// NUMA nodes of an hwloc synthetic description: "pack:2 [numa(memory=1)] core:4" has 2.
int count_nodes(const std::string& topology);

/// The node of processor `cpu`. Each node has an equal part of them, those that `indexes` numbers
/// last beside their siblings.
int node_of_cpu(const std::string& topology, int cpu);

/// Traffic in GB/s of one thread on each of the processors in `cpus` on memory of NUMA node `node`:
/// what their kinds of core move one by one (one thread on each core of a node needs none), and
/// together no more than a node gives, which is an equal part of what the host does, or, from
/// another node, `remote_gbs`. Empty `cpus`: on every core of the node, or of all, each on its own
/// node's memory (`node` -1). None when the machine file does not say.
std::optional<double> host_rate(const HostDescription& host, const std::string& operation,
                                const std::string& cpus, int node);

}  // namespace gpusim
