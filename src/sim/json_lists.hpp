// SPDX-License-Identifier: Apache-2.0
// Reads lists and objects within an object of a machine file.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "sim/json_fields.hpp"

namespace gpusim {

/// Puts the fields of an earlier object of the list into the one at `index` that names it with
/// "same_as"; those it gives itself stay as they are. False when it names none.
bool take_over(nlohmann::json& list, std::size_t index, const std::string& path, Problem& problem);

enum class Repeats { no, yes };

/// Calls `read(fields, element)` for every object of the list `key`. Where the list may repeat
/// itself, an object may say that it is the same as an earlier one but for what it gives.
template <typename Element, typename Read>
void read_list(Fields& parent, const char* key, std::vector<Element>& out, Problem& problem,
               Read read, Repeats repeats = Repeats::no) {
  const nlohmann::json* given = parent.array(key);
  if (given == nullptr) return;
  nlohmann::json list = *given;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", parent.path_of(key), i);
    if (!list[i].is_object()) {
      problem.set(path, "must be an object {...}");
      return;
    }
    if (repeats == Repeats::yes && !take_over(list, i, path, problem)) return;
    Fields fields(list[i], path, problem);
    Element element;
    read(fields, element);
    fields.finish();
    out.push_back(std::move(element));
  }
}

/// Calls `read(fields)` for the object `key`, if there is one.
template <typename Read>
void read_object(Fields& parent, const char* key, bool required, Problem& problem, Read read) {
  const nlohmann::json* value = parent.object(key, required);
  if (value == nullptr) return;
  Fields fields(*value, parent.path_of(key), problem);
  read(fields);
  fields.finish();
}

}  // namespace gpusim
