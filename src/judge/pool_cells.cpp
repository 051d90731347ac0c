// SPDX-License-Identifier: Apache-2.0
#include "judge/pool_cells.hpp"

namespace peerbench::judge {

namespace {

bool is_of(const result::Cell& cell, const PoolWork& work) {
  return cell.key.family == result::Family::pool && cell.key.engine == work.engine &&
         cell.key.op == work.op && cell.key.memory == work.memory &&
         result::gpu_of(cell.key.source) == work.gpu;
}

}  // namespace

const result::Cell* largest_pool_cell(const result::Run& run, const PoolWork& work,
                                      const std::function<bool(const result::Cell&)>& fits) {
  const result::Cell* largest = nullptr;
  for (const result::Cell& cell : run.cells) {
    if (cell.status != result::Status::ok || !cell.median || !is_of(cell, work)) continue;
    if (fits(cell) && (largest == nullptr || cell.bytes > largest->bytes)) largest = &cell;
  }
  return largest;
}

}  // namespace peerbench::judge
