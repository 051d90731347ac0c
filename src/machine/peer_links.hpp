// SPDX-License-Identifier: Apache-2.0
// From the links of each GPU to what joins each ordered pair. Pure: works on hand-made signals.
#pragma once

#include <string>
#include <vector>

#include "machine/signals.hpp"

namespace peerbench::machine {

/// One PeerLink for every entry of `signals.pairs`, in the same order. Links of both GPUs that lead
/// to a switch count for the pair (as many as the GPU with fewer of them has).
std::vector<PeerLink> peer_links(const Signals& signals);

/// How many links a bridge (or a set of them) joins at most on cards of NVML's NVLink version; 0
/// where no such rule is known (boards whose links are wired, or other versions).
int bridge_links(int version);

/// NVML's version number as people write it: 5 is "3.1". Empty for numbers it does not define.
std::string nvlink_version_text(int version);

}  // namespace peerbench::machine
