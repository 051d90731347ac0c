// SPDX-License-Identifier: Apache-2.0
// The visitor of fields.hpp that reads: from a JSON object to a struct. Private to this module.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "result/fields.hpp"

namespace peerbench::result {

using Json = nlohmann::ordered_json;

/// Fills each field it is shown from its key. A wrong type throws, with the way to the field in
/// the text; read_object() turns that into an error value.
struct Reader {
  const Json& in;
  std::string where;

  [[noreturn]] void refuse(const char* key, const std::string& problem) const {
    throw std::invalid_argument(fmt::format("{}{} {}", where, key, problem));
  }
  const Json& at(const char* key) const {
    if (!in.is_object()) refuse("", "is not an object");
    const auto found = in.find(key);
    if (found == in.end()) refuse(key, "is missing");
    return *found;
  }
  bool has(const char* key) const {
    if (!in.is_object()) refuse("", "is not an object");
    return in.contains(key);
  }

  void required(const char* key, auto& value, const auto&...) { get(key, value); }
  void text(const char* key, std::string& value, const auto&...) {
    if (has(key)) get(key, value);
  }
  void texts(const char* key, std::vector<std::string>& values) {
    if (has(key)) get(key, values);
  }
  void identity(const char* key, std::string& value) { text(key, value); }
  template <typename T>
  void number(const char* key, std::optional<T>& value) {
    if (!at(key).is_null()) get(key, value.emplace());
  }
  template <typename T>
  void optional(const char* key, std::optional<T>& value) {
    if (has(key)) get(key, value.emplace());
  }
  template <typename T>
  void unless(const char* key, T& value, const T& absent) {
    value = absent;
    if (has(key)) get(key, value);
  }
  void word(const char* key, auto& value, const auto& known) {
    value = word_of(key, at(key), known);
  }
  template <typename T>
  void word_unless(const char* key, T& value, const auto& known, T absent) {
    value = has(key) ? word_of(key, at(key), known) : absent;
  }
  template <typename T>
  void listed(const char* key, T& value, const auto& known) {
    value = code_of<T>(key, at(key), known);
  }
  template <typename T>
  void codes(const char* key, std::vector<T>& values, const auto& known) {
    if (!has(key)) return;
    for (const Json& item : array(key)) values.push_back(code_of<T>(key, item, known));
  }
  template <typename T>
  void optional_word(const char* key, std::optional<T>& value, const auto& known) {
    if (has(key)) listed(key, value.emplace(), known);
  }
  template <typename T>
  void words(const char* key, std::vector<T>& values, const auto& known) {
    for (const Json& item : array(key)) values.push_back(word_of(key, item, known));
  }
  void one(const char* key, auto& value) { read(at(key), value, fmt::format("{}{}.", where, key)); }
  template <typename T>
  void object(const char* key, std::optional<T>& value) {
    if (!at(key).is_null()) one(key, value.emplace());
  }
  template <typename T>
  void some(const char* key, std::optional<T>& value) {
    if (has(key)) one(key, value.emplace());
  }
  template <typename T>
  void some(const char* key, std::vector<T>& values) {
    if (has(key)) list(key, values);
  }
  void some(const char* key, auto& value) {
    if (has(key)) one(key, value);
  }
  template <typename T>
  void list(const char* key, std::vector<T>& values) {
    for (const Json& item : array(key)) {
      std::string place = fmt::format("{}{}[{}].", where, key, values.size());
      read(item, values.emplace_back(), std::move(place));
    }
  }

  void subjects(const char* key, std::vector<machine::Subject>& values) {
    std::vector<std::string> names;
    texts(key, names);
    for (const std::string& name : names) values.push_back(machine::read_subject(name));
  }
  template <typename T>
  void map(const char* key, std::vector<std::pair<std::string, T>>& values) {
    if (!has(key)) return;
    if (!at(key).is_object()) refuse(key, "is not an object");
    for (const auto& item : at(key).items()) {
      values.emplace_back(item.key(), item_of<T>(key, item.value()));
    }
  }

  static void read(const Json& json, auto& value, std::string path) {
    Reader reader{json, std::move(path)};
    describe(reader, value);
  }
  const Json& array(const char* key) const {
    if (!at(key).is_array()) refuse(key, "is not an array");
    return at(key);
  }
  template <typename Known>
  auto word_of(const char* key, const Json& json, const Known& known) const {
    for (const auto candidate : known) {
      if (json == name(candidate)) return candidate;
    }
    refuse(key, fmt::format("is {}, a word this version does not know", json.dump()));
  }

  template <typename T>
  T code_of(const char* key, const Json& json, const auto& known) const {
    const auto found = std::ranges::find_if(
        known, [&](const T candidate) { return json == to_string(candidate); });
    if (found == known.end()) {
      refuse(key, fmt::format("is {}, a word this version does not know", json.dump()));
    }
    return *found;
  }

  // nlohmann-json would turn true into 1 and -1 into a huge size; a result file must not.
  void get(const char* key, std::string& value) const {
    if (!at(key).is_string()) refuse(key, "is not text");
    value = at(key).get<std::string>();
  }
  void get(const char* key, bool& value) const {
    if (!at(key).is_boolean()) refuse(key, "is not true or false");
    value = at(key).get<bool>();
  }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void get(const char* key, T& value) const { value = number_of<T>(key, at(key)); }
  template <typename T>
  void get(const char* key, std::vector<T>& values) const {
    for (const Json& item : array(key)) values.push_back(item_of<T>(key, item));
  }
  template <typename T>
  T item_of(const char* key, const Json& item) const {
    if constexpr (std::is_arithmetic_v<T>) {
      return number_of<T>(key, item);
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!item.is_string()) refuse(key, "holds something that is not text");
      return item.get<std::string>();
    } else {
      if (!item.is_array() || item.size() != 2) refuse(key, "holds something that is not a pair");
      return {number_of<int>(key, item[0]), number_of<int>(key, item[1])};
    }
  }
  template <typename T>
  T number_of(const char* key, const Json& json) const {
    if constexpr (std::is_same_v<T, double>) {
      if (!json.is_number()) refuse(key, "is not a number");
    } else {
      if (!json.is_number_integer()) refuse(key, "is not a whole number");
      if (std::is_unsigned_v<T> && !json.is_number_unsigned()) refuse(key, "is negative");
      const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                                  : std::in_range<T>(json.get<std::int64_t>());
      if (!fits) refuse(key, "is too large a number");
    }
    return json.get<T>();
  }
};

/// A whole struct from its object; a usage error names the field that is wrong, or why.
template <typename T>
Expected<T> read_object(const Json& json) {
  try {
    T value;
    Reader::read(json, value, "");
    return value;
  } catch (const std::exception& problem) {
    return fail(ErrorKind::usage, problem.what());
  }
}

}  // namespace peerbench::result
