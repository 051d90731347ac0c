// SPDX-License-Identifier: Apache-2.0
// What failed in a run, or fell behind its like, as findings: one for all cells that have the same
// trouble, and one for what all bad pairs of GPUs have in common.
#pragma once

#include <optional>
#include <vector>

#include "result/run.hpp"

namespace peerbench::judge {

/// NCCL that never ends, fails or cannot be set up over GPUs whose copies are good, peer access
/// that was offered and could not be enabled, and what bad pairs share. compare_with_peers() must
/// have been asked.
std::vector<machine::Finding> failure_findings(const result::Run& run);

/// The one GPU, PCIe switch or way between CPU sockets that all bad pairs of GPUs have in common:
/// those whose copies are corrupt, never end, fail, cannot be enabled or fall behind their peers.
/// None where fewer than two are bad, no other pair was found good, or they share nothing. A GPU
/// may have good pairs beside; a switch or the sockets must part the bad pairs from the good.
std::optional<machine::Finding> what_bad_pairs_share(const result::Run& run);

}  // namespace peerbench::judge
