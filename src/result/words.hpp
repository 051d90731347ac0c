// SPDX-License-Identifier: Apache-2.0
// Words that stand for the values of an enumeration, in names and in files: each enumeration has
// one table, and everything that writes, reads or lists its values walks that.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>

namespace peerbench::result {

/// A row of a table; those that say more than the word derive their own from it.
template <typename T>
struct Word {
  T value;
  const char* word;
};

/// The table of `T`: specialised beside its definition. A value without a row has no word.
template <typename T>
inline constexpr std::nullptr_t vocabulary = nullptr;

template <typename T>
concept Worded = requires {
  { vocabulary<T>.front().value } -> std::convertible_to<T>;
};

/// The row of a value that has one.
template <Worded T>
constexpr const auto* row_of(T value) {
  for (const auto& row : vocabulary<T>) {
    if (row.value == value) return &row;
  }
  return static_cast<decltype(vocabulary<T>.data())>(nullptr);
}

/// "" of a value without a word.
template <Worded T>
constexpr const char* to_string(T value) {
  const auto* row = row_of(value);
  return row == nullptr ? "" : row->word;
}

template <Worded T>
constexpr const char* name(T value) {
  return to_string(value);
}

/// What the word stands for; none: it is no such word.
template <Worded T>
constexpr std::optional<T> value_named(std::string_view word) {
  for (const auto& row : vocabulary<T>) {
    if (word == row.word) return row.value;
  }
  return std::nullopt;
}

/// The values that have a word, in the order of their table.
template <Worded T>
inline constexpr auto all_of = [] {
  std::array<T, vocabulary<T>.size()> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = vocabulary<T>[i].value;
  return values;
}();

}  // namespace peerbench::result
