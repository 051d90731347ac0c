// SPDX-License-Identifier: Apache-2.0
#include "report/machine_columns.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/cells.hpp"

namespace peerbench::report {
namespace {

bool says(const Table& table, const std::string& word) {
  return std::ranges::any_of(table.rows, [&](const auto& row) {
    return std::ranges::any_of(
        row, [&](const Text& entry) { return entry.words.find(word) != std::string::npos; });
  });
}

}  // namespace

void drop_silent_columns(Table& table) {
  for (std::size_t column = 1; column < table.columns.size(); ++column) {
    const auto silent = [&](const auto& row) {
      return row[column].words == not_known || row[column].words == does_not_apply;
    };
    if (!std::ranges::all_of(table.rows, silent)) continue;
    for (auto& row : table.rows) row[column] = does_not_apply;
  }
  drop_empty_columns(table, 1);
}

std::string meanings(const Table& table, const std::string& of_columns,
                     std::initializer_list<std::pair<const char*, const char*>> of_words) {
  std::string words = of_columns;
  for (const auto& [word, meaning] : of_words) {
    if (says(table, word)) words += fmt::format(" {}: {}.", word, meaning);
  }
  if (says(table, not_known)) words += fmt::format(" {}: could not be asked.", not_known);
  return words.empty() ? words : words.substr(1);
}

}  // namespace peerbench::report
