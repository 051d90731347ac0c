// SPDX-License-Identifier: Apache-2.0
// Finds the link that a peer cell went over. Private to this module.
#pragma once

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// The link from the cell's source to its destination; null when it names no pair of this machine.
const machine::PeerLink* peer_link(const machine::Machine& machine, const result::Cell& cell);

/// NVLinks between a pair, up or down. A link to a switch that is down does not say where it leads;
/// how many the board wires to such a GPU stands in the finding about it. 0: not known.
int links_there(const result::Run& run, const machine::PeerLink& link);

}  // namespace peerbench::judge
