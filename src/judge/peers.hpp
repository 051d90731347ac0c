// SPDX-License-Identifier: Apache-2.0
// Whether pairs of GPUs that are joined alike deliver alike. No ceiling has to be known for that.
#pragma once

#include "result/run.hpp"

namespace peerbench::judge {

/// From this share of the median of its peers on, a pair is like them. Assumed: nobody has
/// published how far pairs of healthy boxes lie apart one way. Both ways some pairs of one healthy
/// 8x A100 reach 0.80 of others (bounds.cpp), so that a pair below is worth a look and no proven
/// fault.
inline constexpr double like_peers = 0.9;

/// Of each cell far below its peers sets `below_peers`, and adds one finding that names all such
/// pairs. Peers are cells that differ in their pair only, of pairs with as many NVLinks or the same
/// way over PCI; fewer than three say nothing.
void compare_with_peers(result::Run& run);

}  // namespace peerbench::judge
