// SPDX-License-Identifier: Apache-2.0
// What a run comes to for copies between cards, in plain sentences. Private to this room.
#pragma once

#include <vector>

#include "report/document.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// One sentence for all pairs that are joined alike: what joins them, what it delivers, and how
/// that compares with the way through the host. Made of the cells and of what the driver says joins
/// the cards, never of their names; of several sizes the largest, of several engines the copy
/// engine. Where data arrived wrong only that is said. Empty where nothing between cards was
/// measured.
std::vector<Text> conclusions(const result::Run& run);

/// On one chip without a peer link: that there is nothing to bridge, and what the pool delivers. On
/// a coherent superchip, and of a lone card: what the GPU reads of its own memory and of the CPU's.
/// Beside measured copies between cards: how many times faster a card reads its own memory. Empty
/// where none of that was measured.
std::vector<Text> pool_conclusions(const result::Run& run);

}  // namespace peerbench::report
