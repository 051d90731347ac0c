// SPDX-License-Identifier: Apache-2.0
// Which rows of a comparison are shown, and what they are called.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/document.hpp"
#include "result/comparison.hpp"

namespace peerbench::report {

/// What is said of a group of figures: one row each.
struct GroupWords {
  result::ComparedGroup group;
  const char* title;
  /// What is counted, in words; null: as its cells say.
  const char* rule = nullptr;
  const char* said = "";      ///< the part of its cells' names that the title says
  bool is_time = false;       ///< below 1 is faster
  bool both_ways = false;     ///< a figure is the sum of both
  bool size_by_rule = false;  ///< arrays are as large as a rule says: no part of what is compared
  const char* remark = nullptr;
};
const GroupWords& words_of(result::ComparedGroup group);

struct ComparedLine {
  std::string label;
  const result::ComparedRow* row = nullptr;
};

/// All rows of the group; of one kind of copy between more than six pairs of GPUs only those with
/// the lowest, the middle and the highest ratio of the second run to the first.
std::vector<ComparedLine> compared_lines(const result::ComparedRows& group);

/// How each file's best way between GPUs lies to the first file's, and why; of machines without a
/// second GPU the first figure of their answers.
Section compare_sentences(const result::Comparison& comparison);

/// The figures that the page of each file shows, one row each; none where nothing was measured.
std::optional<Table> compare_answer_table(const result::Comparison& comparison);

}  // namespace peerbench::report
