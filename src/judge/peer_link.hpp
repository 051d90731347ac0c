// Finds the link that a peer cell went over.
#pragma once

#include <optional>
#include <string>

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// 1 for "gpu1"; none for anything else.
std::optional<int> gpu_index(const std::string& place);

/// The link from the cell's source to its destination; null when it names no pair of this machine.
const machine::PeerLink* peer_link(const machine::Machine& machine, const result::Cell& cell);

}  // namespace peerbench::judge
