// SPDX-License-Identifier: Apache-2.0
// What a size sweep comes to: cells that differ by their bytes alone, as one line.
#pragma once

#include <vector>

#include "result/run.hpp"

namespace peerbench::bench {

/// Fits t = a + n / b to the medians of every way of copying (cells of equal name but for the
/// bytes, ok, one-way bytes) that has three sizes or more; in the order of the cells.
std::vector<result::Fit> fits_of(const std::vector<result::Cell>& cells);

}  // namespace peerbench::bench
