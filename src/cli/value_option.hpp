// SPDX-License-Identifier: Apache-2.0
// An option whose text a reader of values.hpp converts while CLI11 parses.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <utility>

#include "base/error.hpp"

namespace peerbench::cli {

/// What a reader refused, on its way through CLI11, which knows exceptions only; parse() turns it
/// back into the error.
struct Refused : CLI::ParseError {
  Refused(std::string name, peerbench::Error why)
      : CLI::ParseError("Refused", why.message, CLI::ExitCodes::ValidationError),
        option(std::move(name)),
        error(std::move(why)) {}

  std::string option;      ///< "--budget"; empty when it is about no option
  peerbench::Error error;  // CLI11 has an Error of its own
};

/// Adds the option `name`: `read` converts its text, and `store` takes the value.
template <typename Read, typename Store>
CLI::Option* add_value(CLI::App& app, const std::string& name, const std::string& type, Read read,
                       Store store, const std::string& help) {
  const auto take = [name, read, store](const std::string& text) {
    auto value = read(text);
    if (!value) throw Refused(name, value.error());
    store(std::move(*value));
  };
  return app.add_option_function<std::string>(name, take, help)->type_name(type);
}

/// The same, where the value is kept in `into`, which outlives the parsing.
template <typename T, typename Value>
CLI::Option* add_value(CLI::App& app, const std::string& name, const std::string& type, T& into,
                       Expected<Value> (*read)(const std::string&), const std::string& help) {
  return add_value(
      app, name, type, read, [&into](Value value) { into = std::move(value); }, help);
}

}  // namespace peerbench::cli
