// SPDX-License-Identifier: Apache-2.0
#include "judge/peer_link.hpp"

namespace peerbench::judge {

const machine::PeerLink* peer_link(const machine::Machine& machine, const result::Cell& cell) {
  const auto from = result::gpu_of(cell.key.source);
  const auto to = result::gpu_of(cell.key.destination);
  return from && to ? machine::find_link(machine, *from, *to) : nullptr;
}

}  // namespace peerbench::judge
