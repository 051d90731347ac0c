// SPDX-License-Identifier: Apache-2.0
// The parts of the page of `peerbench machine`, each made of the machine alone. A part about which
// nothing is known is empty, and left away. Private to this module.
#pragma once

#include <optional>
#include <string>

#include "machine/machine.hpp"
#include "report/document.hpp"

namespace peerbench::report {

/// The GPUs themselves: address, memory, BAR1, NVLinks up of those present, sizes.
std::optional<Table> card_table(const machine::Machine& machine);

/// PCIe link, narrowest point, ceiling, NUMA node and cores. Integrated GPUs have no such way.
std::optional<Table> host_way_table(const machine::Machine& machine);

/// NVLink-C2C, apart from all that joins GPUs.
Section c2c_section(const machine::Machine& machine);

/// The GPUs that the driver shows and CUDA does not.
Section hidden_section(const machine::Machine& machine);

/// What joins each pair and its ceiling, as nvidia-smi topo -m would show it with rates.
std::optional<Table> pair_matrix(const machine::Machine& machine);

/// Peer access of each pair, and who refuses it and why; pairs alike in one line.
Section peer_section(const machine::Machine& machine);

/// Each ceiling once, with its formula, its source, and what packet headers leave of it.
Section ceiling_section(const machine::Machine& machine);

Section pool_section(const machine::Machine& machine);

/// PCIe links as they ran while the GPUs copied, "4.0 x16 under load, 1.0 x16 idle", each once
/// with the GPUs that ran so; empty where they were not read then.
std::string describe_load(const machine::Machine& machine);

}  // namespace peerbench::report
