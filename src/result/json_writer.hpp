// SPDX-License-Identifier: Apache-2.0
// The visitor of fields.hpp that writes: from a struct to a JSON object. Private to this module.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "result/fields.hpp"
#include "result/json.hpp"

namespace peerbench::result {

using Json = nlohmann::ordered_json;

/// Writes each field it is shown under its key.
struct Writer {
  Json& out;
  ToJson options;

  void required(const char* key, const auto& value, const auto&...) { out[key] = value; }
  void text(const char* key, const std::string& value, const auto&...) {
    if (!value.empty()) out[key] = value;
  }
  void texts(const char* key, const std::vector<std::string>& values) {
    if (!values.empty()) out[key] = values;
  }
  void identity(const char* key, const std::string& value) {
    if (options.identify) text(key, value);
  }
  void number(const char* key, const auto& value) { out[key] = value ? Json(*value) : Json(); }
  void optional(const char* key, const auto& value) {
    if (value) out[key] = *value;
  }
  template <typename T>
  void unless(const char* key, const T& value, const T& absent) {
    if (value != absent) out[key] = value;
  }
  void word(const char* key, auto value, const auto&) { out[key] = name(value); }
  template <typename T>
  void word_unless(const char* key, T value, const auto&, T absent) {
    if (value != absent) out[key] = name(value);
  }
  void listed(const char* key, auto value, const auto&) { out[key] = to_string(value); }
  void optional_word(const char* key, const auto& value, const auto&) {
    if (value) out[key] = to_string(*value);
  }
  void words(const char* key, const auto& values, const auto&) {
    out[key] = Json::array();
    for (const auto value : values) out[key].push_back(name(value));
  }
  void codes(const char* key, const auto& values, const auto&) {
    for (const auto value : values) out[key].push_back(to_string(value));
  }
  void one(const char* key, const auto& value) { out[key] = written(value); }
  void object(const char* key, const auto& value) { out[key] = value ? written(*value) : Json(); }
  void some(const char* key, const Signal& signal) {
    if (signal.value != Tri::unknown || !signal.raw.empty()) out[key] = written(signal);
  }
  template <typename T>
  void some(const char* key, const std::optional<T>& value) {
    if (value) out[key] = written(*value);
  }
  template <typename T>
  void some(const char* key, const std::vector<T>& values) {
    if (!values.empty()) list(key, values);
  }
  void some(const char* key, const auto& value) {
    if (Json inner = written(value); !inner.empty()) out[key] = std::move(inner);
  }
  void list(const char* key, const auto& values) {
    out[key] = Json::array();
    for (const auto& value : values) out[key].push_back(written(value));
  }
  void subjects(const char* key, const std::vector<machine::Subject>& values) {
    for (const machine::Subject& value : values) out[key].push_back(to_string(value));
  }
  template <typename T>
  void map(const char* key, const std::vector<std::pair<std::string, T>>& values) {
    for (const auto& [name, value] : values) out[key][name] = value;
  }
  Json written(const auto& value) {
    Json inner = Json::object();
    Writer writer{inner, options};
    describe(writer, value);
    return inner;
  }
};

}  // namespace peerbench::result
