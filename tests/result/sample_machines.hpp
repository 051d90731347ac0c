// SPDX-License-Identifier: Apache-2.0
// Hand-made machines, as discovery would describe them: how GPUs are joined, what may talk to
// what, ceilings, findings and proof. They feed the tests of result/ and report/.
#pragma once

#include <string>
#include <vector>

#include "sample_runs.hpp"

namespace peerbench::result {

machine::Ceiling nvlink_ceiling(int links, double gbs_per_link);
machine::Ceiling pcie_ceiling(machine::PcieSpeed speed);

/// The whole of `capability` answers of one kind: "OK" and yes, or why not and no.
machine::PeerCapabilities capabilities(const std::string& data, const std::string& nvlink,
                                       const std::string& pcie);

/// Every card sits in a slot of its own; `idle`: its link is at generation 1 now.
void seat(Run& run, machine::PcieSpeed card, machine::PcieSpeed slot, bool idle);

/// Every pair is joined by `links` NVLinks of `gbs_per_link` GB/s, all up.
void join(Run& run, int links, double gbs_per_link, const std::string& version);

/// This pair has no NVLink; `word` is what the driver says to peer access: "OK", "GNS", ...
void unjoin(Run& run, int a, int b, machine::PciTopologyLevel way, const std::string& word);

Run half_seated_bridge();  ///< two cards, 3 of 4 links up, a slot with 4 lanes, two findings
Run quad_bridged_pairs();  ///< four cards, bridged in pairs, over four sockets' NUMA nodes
Run hgx_8();               ///< eight GPUs, all NVLinks lead to switches
Run hybrid_mesh_8();       ///< eight GPUs, two, one or no links between a pair
Run dual_superchip();      ///< two GH200: C2C to the own CPU, no peer access
Run without_nvml();        ///< two GPUs, NVLink and reasons unknown
Run single_of_eight();     ///< one GPU visible, seven hidden
Run unlike_pair();         ///< two models, peer access by PCIe one way only, IOMMU on
std::vector<Sample> machine_samples();

}  // namespace peerbench::result
