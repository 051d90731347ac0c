// SPDX-License-Identifier: Apache-2.0
// What the tables of a machine have in common: entries for what is unknown or does not apply, and
// notes that explain only what is there. Private to this module.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "report/document.hpp"

namespace peerbench::report {

inline constexpr const char* does_not_apply = "-";
inline constexpr const char* not_known = "?";

/// Takes out every column after the first that says nothing: one that nobody could answer says no
/// more than one that applies to nobody.
void drop_silent_columns(Table& table);

/// `of_columns` (legend() of cells.hpp) and what each of the words means that stands in an entry.
std::string meanings(const Table& table, const std::string& of_columns,
                     std::initializer_list<std::pair<const char*, const char*>> of_words);

}  // namespace peerbench::report
