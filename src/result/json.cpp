#include "result/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "result/fields.hpp"

namespace peerbench::result {
namespace {

using Json = nlohmann::ordered_json;

/// Writes each field it is shown under its key.
struct Writer {
  Json& out;
  ToJson options;

  void required(const char* key, const auto& value) { out[key] = value; }
  void text(const char* key, const std::string& value) {
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
  void unless(const char* key, int value, int absent) {
    if (value != absent) out[key] = value;
  }
  void word(const char* key, auto value, const auto&) { out[key] = name(value); }
  void words(const char* key, const auto& values, const auto&) {
    out[key] = Json::array();
    for (const auto value : values) out[key].push_back(name(value));
  }
  void one(const char* key, const auto& value) { out[key] = written(value); }
  void object(const char* key, const auto& value) { out[key] = value ? written(*value) : Json(); }
  void list(const char* key, const auto& values) {
    out[key] = Json::array();
    for (const auto& value : values) out[key].push_back(written(value));
  }
  Json written(const auto& value) {
    Json inner = Json::object();
    Writer writer{inner, options};
    describe(writer, value);
    return inner;
  }
};

/// Fills each field it is shown from its key. A wrong type throws, with the way to the field in
/// the text; from_json() turns that into an error value.
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

  void required(const char* key, auto& value) { get(key, value); }
  void text(const char* key, std::string& value) {
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
  void unless(const char* key, int& value, int absent) {
    value = absent;
    if (has(key)) get(key, value);
  }
  void word(const char* key, auto& value, const auto& known) {
    value = word_of(key, at(key), known);
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
  void list(const char* key, std::vector<T>& values) {
    for (const Json& item : array(key)) {
      read(item, values.emplace_back(), fmt::format("{}{}[{}].", where, key, values.size()));
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
    }
    return json.get<T>();
  }
};

}  // namespace

Json to_json(const Run& run, ToJson options) {
  Json document = {{"schema", schema_name}};
  Writer writer{document, options};
  describe(writer, run);
  document["estimates"] = Json::array();
  return document;
}

std::string to_text(const Run& run, ToJson options) {
  return to_json(run, options).dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Expected<Run> from_json(std::string_view text) {
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return fail(ErrorKind::usage,
                "this is not a complete JSON document; give a file written by peerbench --output");
  }
  const Json schema = document.is_object() ? document.value("schema", Json()) : Json();
  if (schema != schema_name) {
    return fail(ErrorKind::usage,
                fmt::format("the document's schema is {}, this version reads "
                            "\"{}\"; give a file written by peerbench --output",
                            schema.is_null() ? "not named" : schema.dump(), schema_name));
  }
  try {
    Run run;
    Reader::read(document, run, "");
    return run;
  } catch (const std::exception& problem) {
    return fail(ErrorKind::usage,
                fmt::format("the result document is malformed: {}", problem.what()));
  }
}

}  // namespace peerbench::result
