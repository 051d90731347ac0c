// SPDX-License-Identifier: Apache-2.0
// Whether pairs of GPUs that are joined alike deliver alike. No ceiling has to be known for that.
#pragma once

#include "result/run.hpp"

namespace peerbench::judge {

/// From this share of the median of its peers on, a pair is like them: rates of one healthy box of
/// eight differ by a few percent (results/bands.tsv), and by more only where they are joined
/// otherwise.
inline constexpr double like_peers = 0.9;

/// Of each cell far below its peers sets `below_peers`, and adds one finding that names all such
/// pairs. Peers are cells that differ in their pair only, of pairs with as many NVLinks or the same
/// way over PCI; fewer than three say nothing.
void compare_with_peers(result::Run& run);

}  // namespace peerbench::judge
