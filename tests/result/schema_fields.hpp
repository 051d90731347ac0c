// SPDX-License-Identifier: Apache-2.0
// The JSON Schema that follows from the field lists of fields.hpp: which fields a struct has, which
// are always there, and what each may be.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "result/signals_fields.hpp"

namespace peerbench::result {

using Json = nlohmann::ordered_json;

/// Under which name a struct stands among "$defs".
template <typename T>
inline constexpr const char* definition = nullptr;
#define PEERBENCH_DEFINITION(type, name) \
  template <>                            \
  inline constexpr const char* definition<type> = name
PEERBENCH_DEFINITION(AnswerLine, "answer_line");
PEERBENCH_DEFINITION(BackgroundLoad, "background");
PEERBENCH_DEFINITION(Band, "band");
PEERBENCH_DEFINITION(Basis, "basis");
PEERBENCH_DEFINITION(Cell, "cell");
PEERBENCH_DEFINITION(Check, "check");
PEERBENCH_DEFINITION(Conclusion, "conclusion");
PEERBENCH_DEFINITION(Estimate, "estimate");
PEERBENCH_DEFINITION(Fit, "fit");
PEERBENCH_DEFINITION(Flow, "flow");
PEERBENCH_DEFINITION(LayerShare, "layer_share");
PEERBENCH_DEFINITION(LinkCost, "link_cost");
PEERBENCH_DEFINITION(Model, "model");
PEERBENCH_DEFINITION(PeerGroup, "peer_group");
PEERBENCH_DEFINITION(Reference, "reference");
PEERBENCH_DEFINITION(Replayed, "replayed");
PEERBENCH_DEFINITION(Settings, "settings");
PEERBENCH_DEFINITION(Simulated, "simulated");
PEERBENCH_DEFINITION(SplitMessages, "split_messages");
PEERBENCH_DEFINITION(Spread, "spread");
PEERBENCH_DEFINITION(Tool, "tool");
PEERBENCH_DEFINITION(Signal, "signal");
PEERBENCH_DEFINITION(machine::Ceiling, "ceiling");
PEERBENCH_DEFINITION(machine::CoreGroup, "core_group");
PEERBENCH_DEFINITION(machine::Evidence, "evidence");
PEERBENCH_DEFINITION(machine::Finding, "finding");
PEERBENCH_DEFINITION(machine::Gpu, "gpu");
PEERBENCH_DEFINITION(machine::GpuSignals, "gpu_signals");
PEERBENCH_DEFINITION(machine::HiddenGpu, "hidden_gpu");
PEERBENCH_DEFINITION(machine::Machine, "machine");
PEERBENCH_DEFINITION(machine::MemoryClock, "memory_clock");
PEERBENCH_DEFINITION(machine::NvlinkPort, "nvlink_port");
PEERBENCH_DEFINITION(machine::PairSignals, "pair");
PEERBENCH_DEFINITION(machine::PciPort, "pci_port");
PEERBENCH_DEFINITION(machine::PcieLink, "pcie_link");
PEERBENCH_DEFINITION(machine::PcieSpeed, "pcie_speed");
PEERBENCH_DEFINITION(machine::PeerCapabilities, "peer_capabilities");
PEERBENCH_DEFINITION(machine::PeerLink, "link");
PEERBENCH_DEFINITION(machine::Pool, "pool");
PEERBENCH_DEFINITION(machine::Signals, "signals");
#undef PEERBENCH_DEFINITION

/// A value that has every field that depends on another one.
template <typename T>
T with_all_fields() {
  T value{};
  if constexpr (std::is_same_v<T, Cell>) value.status = Status::ok;
  if constexpr (std::is_same_v<T, Run>) value.planned = 0;
  if constexpr (std::is_same_v<T, machine::Finding>) value.code = machine::all_findings().front();
  return value;
}

/// The visitor of fields.hpp that notes what it is shown.
struct SchemaMaker {
  Json& definitions;
  Json properties = Json::object();
  std::vector<std::string> always = {};

  template <typename T>
  static Json type_of(const T* = nullptr) {
    if constexpr (std::is_same_v<T, bool>) {
      return {{"type", "boolean"}};
    } else if constexpr (std::is_integral_v<T>) {
      return {{"type", "integer"}};
    } else if constexpr (std::is_arithmetic_v<T>) {
      return {{"type", "number"}};
    } else if constexpr (std::is_same_v<T, std::string>) {
      return {{"type", "string"}};
    } else if constexpr (std::is_same_v<T, std::pair<int, int>>) {
      return {{"type", "array"}, {"items", type_of<int>()}, {"minItems", 2}, {"maxItems", 2}};
    } else {
      return {{"type", "array"}, {"items", type_of<typename T::value_type>()}};
    }
  }
  static Json words_of(const auto& known, auto name_of) {
    Json words = Json::array();
    for (const auto value : known) words.push_back(name_of(value));
    return {{"enum", std::move(words)}};
  }
  static constexpr auto by_name = [](auto value) { return name(value); };
  static constexpr auto by_code = [](auto value) { return to_string(value); };
  static Json array_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
  static Json or_null(Json node) {
    if (node.contains("$ref")) return {{"oneOf", {{{"type", "null"}}, node}}};
    node["type"] = {node["type"], "null"};
    return node;
  }

  void may(const char* key, Json node) { properties[key] = std::move(node); }
  void must(const char* key, Json node) {
    may(key, std::move(node));
    always.emplace_back(key);
  }

  void required(const char* key, auto& value) { must(key, type_of(&value)); }
  void required(const char* key, auto&, const auto& known) { must(key, words_of(known, by_name)); }
  void text(const char* key, std::string&) { may(key, {{"type", "string"}, {"minLength", 1}}); }
  void text(const char* key, std::string&, const auto& known) {
    may(key, words_of(known, by_name));
  }
  void texts(const char* key, std::vector<std::string>&) {
    may(key, type_of<std::vector<std::string>>());
  }
  void identity(const char* key, std::string& value) { text(key, value); }
  template <typename T>
  void number(const char* key, std::optional<T>&) {
    must(key, or_null(type_of<T>()));
  }
  template <typename T>
  void optional(const char* key, std::optional<T>&) {
    may(key, type_of<T>());
  }
  template <typename T>
  void unless(const char* key, T&, const T&) {
    may(key, type_of<T>());
  }
  /// A flag is there where it is set.
  void unless(const char* key, bool&, bool absent) { may(key, {{"const", !absent}}); }
  void word(const char* key, auto&, const auto& known) { must(key, words_of(known, by_name)); }
  template <typename T>
  void word_unless(const char* key, T&, const auto& known, T absent) {
    std::vector<T> others;
    for (const T value : known) {
      if (value != absent) others.push_back(value);
    }
    may(key, words_of(others, by_name));
  }
  void listed(const char* key, auto&, const auto& known) { must(key, words_of(known, by_code)); }
  void codes(const char* key, auto&, const auto& known) {
    may(key, array_of(words_of(known, by_code)));
  }
  void optional_word(const char* key, auto&, const auto& known) {
    may(key, words_of(known, by_code));
  }
  void words(const char* key, auto&, const auto& known) {
    must(key, array_of(words_of(known, by_name)));
  }
  template <typename T>
  void one(const char* key, T&) {
    must(key, defined<T>());
  }
  template <typename T>
  void object(const char* key, std::optional<T>&) {
    must(key, or_null(defined<T>()));
  }
  template <typename T>
  void some(const char* key, std::optional<T>&) {
    may(key, defined<T>());
  }
  template <typename T>
  void some(const char* key, std::vector<T>&) {
    may(key, array_of(defined<T>()));
  }
  template <typename T>
  void some(const char* key, T&) {
    may(key, defined<T>());
  }
  template <typename T>
  void list(const char* key, std::vector<T>&) {
    must(key, array_of(defined<T>()));
  }
  void subjects(const char* key, auto&) { may(key, array_of({{"type", "string"}})); }
  template <typename T>
  void map(const char* key, std::vector<std::pair<std::string, T>>&) {
    may(key, {{"type", "object"}, {"additionalProperties", type_of<T>()}});
  }

  /// The struct stands among the definitions, in the order first met.
  template <typename T>
  Json defined() {
    static_assert(definition<T> != nullptr, "name the struct above");
    if (!definitions.contains(definition<T>)) {
      definitions[definition<T>] = nullptr;
      definitions[definition<T>] = object_of<T>(definitions);
    }
    return {{"$ref", std::string("#/$defs/") + definition<T>}};
  }

  /// What is always there is so without what depends on other fields, and with it.
  template <typename T>
  static Json object_of(Json& definitions) {
    SchemaMaker least{definitions}, all{definitions};
    T bare{}, full = with_all_fields<T>();
    describe(least, bare);
    describe(all, full);
    Json required = Json::array();
    for (const std::string& key : least.always) required.push_back(key);
    Json object = {{"type", "object"}, {"additionalProperties", false}};
    if (!required.empty()) object["required"] = std::move(required);
    object["properties"] = std::move(all.properties);
    return object;
  }
};

/// The schema of a document whose top level is a `T` and the name of its schema.
template <typename T>
Json schema_of(const char* name) {
  Json definitions = Json::object();
  Json schema = SchemaMaker::object_of<T>(definitions);
  Json required = {"schema"}, properties = {{"schema", {{"const", name}}}};
  for (const Json& key : schema["required"]) required.push_back(key);
  properties.update(schema["properties"]);
  schema["required"] = std::move(required);
  schema["properties"] = std::move(properties);
  schema["$defs"] = std::move(definitions);
  return schema;
}

}  // namespace peerbench::result
