// SPDX-License-Identifier: Apache-2.0
// Finds what a GPU measured of a memory. Private to this module.
#pragma once

#include <functional>

#include "result/run.hpp"

namespace peerbench::judge {

struct PoolWork {
  int gpu = 0;
  result::Engine engine = result::Engine::sm;
  result::Op op = result::Op::read;
  result::MemoryKind memory = result::MemoryKind::device;
};

/// Of the measured cells of this work that `fits` says yes to the one of the largest size; null
/// when there is none.
const result::Cell* largest_pool_cell(
    const result::Run& run, const PoolWork& work,
    const std::function<bool(const result::Cell&)>& fits = [](const auto&) { return true; });

}  // namespace peerbench::judge
