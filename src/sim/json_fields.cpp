// SPDX-License-Identifier: Apache-2.0
#include "sim/json_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/units.hpp"

namespace gpusim {

using nlohmann::json;

void Problem::set(const std::string& where, const std::string& what) {
  if (!message.empty()) return;
  path = where;
  message = what;
}

namespace {

std::string kind_of(const json& value) {
  if (value.is_number()) return fmt::format("the number {}", value.dump());
  if (value.is_string()) return fmt::format("the text {}", value.dump());
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_null()) return "null";
  return value.is_array() ? "a list" : "an object";
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(const std::string& word, const std::set<std::string>& known) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 2);
  for (const auto& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

Fields::Fields(const json& object, std::string path, Problem& problem)
    : object_(object), path_(std::move(path)), problem_(problem) {}

bool Fields::has(const char* key) const { return object_.contains(key); }

std::string Fields::path_of(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

const json* Fields::find(const char* key, bool required) {
  known_.insert(key);
  const auto found = object_.find(key);
  if (found != object_.end()) return &*found;
  if (required) problem_.set(path_of(key), "is missing; it must be given");
  return nullptr;
}

bool Fields::check_range(const char* key, double value, Range range) {
  const bool good = range == Range::any || (range == Range::not_negative && value >= 0) ||
                    (range == Range::positive && value > 0) ||
                    (range == Range::fraction && value > 0 && value <= 1);
  if (good) return true;
  const char* allowed = range == Range::not_negative ? "0 or more"
                        : range == Range::positive   ? "more than 0"
                                                     : "more than 0 and at most 1";
  problem_.set(path_of(key), fmt::format("is {}; allowed is {}", value, allowed));
  return false;
}

void Fields::text(const char* key, std::string& out, bool required) {
  const json* value = find(key, required);
  if (value == nullptr) return;
  if (!value->is_string()) {
    problem_.set(path_of(key), fmt::format("is {}; it must be text", kind_of(*value)));
    return;
  }
  out = value->get<std::string>();
  if (required && out.empty()) problem_.set(path_of(key), "is empty; it must name something");
}

void Fields::boolean(const char* key, bool& out, bool required) {
  const json* value = find(key, required);
  if (value == nullptr) return;
  if (value->is_boolean()) {
    out = value->get<bool>();
  } else {
    problem_.set(path_of(key), fmt::format("is {}; it must be true or false", kind_of(*value)));
  }
}

void Fields::integer(const char* key, int& out, Range range, bool required) {
  const json* value = find(key, required);
  if (value == nullptr) return;
  const bool whole = value->is_number_integer() &&
                     value->get<double>() <= std::numeric_limits<int>::max() &&
                     value->get<double>() >= std::numeric_limits<int>::min();
  if (!whole) {
    problem_.set(path_of(key), fmt::format("is {}; it must be a whole number", kind_of(*value)));
  } else if (check_range(key, value->get<double>(), range)) {
    out = value->get<int>();
  }
}

void Fields::number(const char* key, double& out, Range range) {
  const json* value = find(key, false);
  if (value == nullptr) return;
  if (!value->is_number()) {
    problem_.set(path_of(key), fmt::format("is {}; it must be a number", kind_of(*value)));
  } else if (check_range(key, value->get<double>(), range)) {
    out = value->get<double>();
  }
}

void Fields::bytes(const char* key, std::uint64_t& out, bool required) {
  const json* value = find(key, required);
  if (value == nullptr) return;
  if (value->is_number_unsigned()) {
    out = value->get<std::uint64_t>();
    return;
  }
  if (value->is_string()) {
    if (const auto size = peerbench::parse_bytes(value->get<std::string>())) {
      out = *size;
      return;
    }
  }
  problem_.set(path_of(key),
               fmt::format("is {}; it must be a number of bytes of 0 or more, or text "
                           "with a binary unit such as \"24 GiB\"",
                           kind_of(*value)));
}

void Fields::whole(const char* key, std::uint64_t& out) {
  const json* value = find(key, false);
  if (value == nullptr) return;
  if (value->is_number_unsigned()) {
    out = value->get<std::uint64_t>();
  } else {
    problem_.set(path_of(key),
                 fmt::format("is {}; it must be a whole number of 0 or more", kind_of(*value)));
  }
}

void Fields::hexadecimal(const char* key, std::uint32_t& out) {
  const json* value = find(key, false);
  if (value == nullptr) return;
  if (value->is_string()) {
    const auto digits = value->get<std::string>();
    const bool shaped = digits.size() > 2 && digits.size() <= 10 && digits.starts_with("0x") &&
                        digits.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos;
    if (shaped) {
      out = static_cast<std::uint32_t>(std::strtoul(digits.c_str(), nullptr, 16));
      return;
    }
  }
  problem_.set(path_of(key), fmt::format("is {}; it must be text of up to 8 hexadecimal digits "
                                         "such as \"0x220410DE\"",
                                         kind_of(*value)));
}

void Fields::figure(const char* key, Figure& out, Range range) {
  const json* value = find(key, true);
  if (value == nullptr) return;
  if (!value->is_object()) {
    problem_.set(path_of(key),
                 fmt::format("is {}; a figure says where it comes from: {{\"value\": 1.5, "
                             "\"source\": \"...\"}}, with \"inferred\": true when nobody "
                             "measured it on this machine",
                             kind_of(*value)));
    return;
  }
  Fields fields(*value, path_of(key), problem_);
  if (fields.find("value", true) != nullptr) fields.number("value", out.value, range);
  fields.text("source", out.source);
  fields.boolean("inferred", out.inferred);
  fields.finish();
  if (out.source.empty() && !out.inferred) {
    problem_.set(path_of(key),
                 "has no source; give \"source\" (who published it), or \"inferred\": true");
  }
}

void Fields::figure(const char* key, std::optional<Figure>& out, Range range) {
  if (find(key, false) == nullptr) return;
  Figure read;
  figure(key, read, range);
  out = read;
}

void Fields::choice(const char* key, std::string& out, const std::vector<std::string>& allowed,
                    bool required) {
  const json* value = find(key, required);
  if (value == nullptr) return;
  if (value->is_string() &&
      std::find(allowed.begin(), allowed.end(), value->get<std::string>()) != allowed.end()) {
    out = value->get<std::string>();
    return;
  }
  problem_.set(path_of(key),
               fmt::format("is {}; allowed: {}", kind_of(*value), fmt::join(allowed, ", ")));
}

void Fields::integers(const char* key, std::map<std::string, int>& out) {
  const json* value = object(key);
  if (value == nullptr) return;
  Fields fields(*value, path_of(key), problem_);
  for (const auto& item : value->items()) {
    int number = 0;
    fields.integer(item.key().c_str(), number, Range::any);
    out[item.key()] = number;
  }
}

void Fields::texts(const char* key, std::vector<std::string>& out) {
  const json* list = array(key);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json& item = (*list)[i];
    if (item.is_string() && !item.get<std::string>().empty()) {
      out.push_back(item.get<std::string>());
    } else {
      problem_.set(fmt::format("{}[{}]", path_of(key), i),
                   fmt::format("is {}; it must be text that is not empty", kind_of(item)));
    }
  }
}

void Fields::text_map(const char* key, std::map<std::string, std::string>& out) {
  const json* value = object(key);
  if (value == nullptr) return;
  Fields fields(*value, path_of(key), problem_);
  for (const auto& item : value->items()) fields.text(item.key().c_str(), out[item.key()]);
}

const json* Fields::object(const char* key, bool required) {
  const json* value = find(key, required);
  if (value == nullptr || value->is_object()) return value;
  problem_.set(path_of(key), fmt::format("is {}; it must be an object {{...}}", kind_of(*value)));
  return nullptr;
}

const json* Fields::array(const char* key) {
  const json* value = find(key, false);
  if (value == nullptr || value->is_array()) return value;
  problem_.set(path_of(key), fmt::format("is {}; it must be a list [...]", kind_of(*value)));
  return nullptr;
}

void Fields::finish() {
  for (const auto& item : object_.items()) {
    if (known_.contains(item.key())) continue;
    const std::string near = nearest(item.key(), known_);
    problem_.set(path_of(item.key()),
                 near.empty()
                     ? fmt::format("is not a known field; known: {}", fmt::join(known_, ", "))
                     : fmt::format("is not a known field; did you mean \"{}\"?", near));
  }
}

}  // namespace gpusim
