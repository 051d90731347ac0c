// SPDX-License-Identifier: Apache-2.0
#include "result/flat_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <type_traits>

#include "result/fields.hpp"

namespace peerbench::result {

namespace {

std::string flat_text(const std::string& text) { return text; }
template <typename T>
requires std::is_arithmetic_v<T> std::string flat_text(T value) { return fmt::format("{}", value); }
std::string flat_text(const std::vector<int>& values) {
  return fmt::format("{}", fmt::join(values, " "));
}

/// The visitor of fields.hpp that makes a row.
struct Flattener {
  std::vector<FlatField>& row;
  std::string prefix = {};
  bool absent = false;  ///< the struct is not there: its fields have names and no text

  void add(std::string_view key, std::string text) {
    std::string name = key == "value" ? prefix : prefix + (prefix.empty() ? "" : "_");
    if (key != "value") name += key;
    row.emplace_back(std::move(name), absent ? "" : std::move(text));
  }
  void required(const char* key, const auto& value, const auto&...) { add(key, flat_text(value)); }
  void required(const char*, const std::vector<double>&) {}
  void text(const char* key, const std::string& value, const auto&...) { add(key, value); }
  void texts(const char*, const auto&) {}
  void number(const char* key, const auto& value) { add(key, value ? flat_text(*value) : ""); }
  void optional(const char* key, const auto& value) { number(key, value); }
  template <typename T>
  void unless(const char* key, const T& value, const T& usual) {
    add(key, value == usual ? "" : flat_text(value));
  }
  void word(const char* key, auto value, const auto&) { add(key, name(value)); }
  void listed(const char* key, auto value, const auto&) { add(key, to_string(value)); }
  void optional_word(const char* key, const auto& value, const auto&) {
    add(key, value ? to_string(*value) : "");
  }
  template <typename T>
  void object(const char* key, const std::optional<T>& value) {
    Flattener inner{row, key, !value};
    describe(inner, value ? *value : T{});
  }
  void some(const char* key, const auto& value) { object(key, value); }
  /// One column, in words.
  void some(const char* key, const std::optional<BackgroundLoad>& load) {
    add(key, load ? to_string(*load) : "");
  }
  void list(const char*, const auto&) {}
  void map(const char*, const auto&) {}
};

}  // namespace

std::vector<FlatField> flat_fields(const Cell& cell) {
  std::vector<FlatField> row;
  Flattener flattener{row};
  describe(flattener, cell);
  return row;
}

}  // namespace peerbench::result
