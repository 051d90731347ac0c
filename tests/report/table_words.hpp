// SPDX-License-Identifier: Apache-2.0
// What a table says, as plain words to compare.
#pragma once

#include <string>
#include <vector>

#include "judge/conclusion.hpp"
#include "report/document.hpp"
#include "report/view.hpp"
#include "result/run.hpp"

namespace peerbench::report {

inline const RunView every_table = {.detail = Detail::all, .sections = {}, .kept = {}};

/// As `run` leaves it: with what it comes to.
inline result::Run concluded(result::Run run) {
  run.conclusion = judge::conclude(run);
  return run;
}

inline std::vector<std::string> words(const std::vector<Text>& texts) {
  std::vector<std::string> made;
  for (const Text& text : texts) made.push_back(text.words);
  return made;
}

inline std::vector<std::string> headings(const Table& table) {
  std::vector<std::string> made;
  for (const Column& column : table.columns) made.push_back(column.heading);
  return made;
}

}  // namespace peerbench::report
