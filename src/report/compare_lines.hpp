// SPDX-License-Identifier: Apache-2.0
// Which rows of a comparison are shown, and what they are called.
#pragma once

#include <string>
#include <vector>

#include "result/comparison.hpp"

namespace peerbench::report {

struct ComparedLine {
  std::string label;
  const result::ComparedRow* row = nullptr;
};

/// All rows of the group; of one kind of copy between more than six pairs of cards only those with
/// the lowest, the middle and the highest ratio of the second run to the first.
std::vector<ComparedLine> compared_lines(const result::ComparedRows& group);

}  // namespace peerbench::report
