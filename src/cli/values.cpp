// SPDX-License-Identifier: Apache-2.0
#include "cli/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/nearest.hpp"
#include "cli/text_parts.hpp"

namespace peerbench::cli {

namespace {

// A number at the start of `text`; what follows it is left in `rest`.
std::optional<double> leading_number(std::string_view text, std::string_view& rest) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc()) return {};
  rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// Above 0, at most a day.
std::optional<double> seconds(const std::string& text) {
  std::string_view unit;
  const auto number = leading_number(text, unit);
  double factor = 0;
  if (unit.empty() || unit == "s") factor = 1;
  if (unit == "ms") factor = 1e-3;
  if (unit == "min") factor = 60;
  if (unit == "h") factor = 3600;
  const double value = number.value_or(0) * factor;
  if (!(value > 0 && value <= 86400)) return std::nullopt;
  return value;
}

}  // namespace

Expected<double> parse_precision(const std::string& text) {
  std::string_view rest;
  const auto number = leading_number(text, rest);
  const double value = number.value_or(0) * (rest == "%" ? 0.01 : 1.0);
  if (!number || !(rest.empty() || rest == "%") || !(value > 0 && value < 1)) {
    return refuse_value("--precision", text,
                        "write a share of the median between 0 and 1, e.g. 0.5%");
  }
  return value;
}

Expected<double> parse_max_drop(const std::string& text) {
  std::string_view rest;
  const auto number = leading_number(text, rest);
  const double value = number.value_or(-1) * (rest == "%" ? 0.01 : 1.0);
  if (!number || !(rest.empty() || rest == "%") || !(value >= 0 && value < 1)) {
    return refuse_value("--max-drop", text, "write a share of the baseline's median, e.g. 5%");
  }
  return value;
}

Expected<double> parse_budget(const std::string& text) {
  const auto time = seconds(text);
  if (time) return *time;
  return refuse_value("--budget", text, "write the time one cell may sample for, e.g. 2s or 500ms");
}

Expected<double> parse_soak(const std::string& text) {
  const auto time = seconds(text);
  if (time) return *time;
  return refuse_value("--soak", text,
                      "write how long each pair copies, at most a day, e.g. 10min or 8h");
}

Expected<double> parse_time_limit(const std::string& text) {
  const auto time = seconds(text);
  if (time) return *time;
  return refuse_value("--time-limit", text,
                      "write the time for the whole command, at most a day, e.g. 60s or 5min");
}

Expected<Color> parse_color(const std::string& text) {
  if (text == "auto") return Color::automatic;
  if (text == "always") return Color::always;
  if (text == "never") return Color::never;
  return refuse_value("--color", text,
                      "write auto (on a terminal that knows them), always or never");
}

Expected<bool> parse_keep(const std::string& text) {
  if (text == "yes") return true;
  if (text == "no") return false;
  return refuse_value("--keep", text, "write yes or no");
}

Expected<std::vector<report::TableGroup>> parse_sections(const std::string& text) {
  std::vector<report::TableGroup> sections;
  for (const std::string& part : split(text, ',')) {
    const auto group = result::value_named<report::TableGroup>(part);
    if (!group) {
      std::vector<std::string> known;
      for (const auto one : result::all_of<report::TableGroup>) known.emplace_back(name(one));
      return refuse_value("--section", text,
                          fmt::format("write some of {}", fmt::join(known, ", ")).c_str());
    }
    sections.push_back(*group);
  }
  return sections;
}

namespace {

/// The value that is called `text`, whatever its case; else a refusal that lists them all.
template <typename Value>
Expected<Value> parse_word(const char* option, const std::string& text) {
  std::vector<std::string> all;
  for (const auto& [value, word] : result::vocabulary<Value>) {
    if (lower_case(text) == word) return value;
    all.emplace_back(word);
  }
  return refuse_value(option, text, fmt::format("write one of {}", fmt::join(all, ", ")).c_str());
}

}  // namespace

Expected<result::Weights> parse_weights(const std::string& text) {
  return parse_word<result::Weights>("--weights", text);
}

Expected<result::CacheType> parse_cache(const std::string& text) {
  return parse_word<result::CacheType>("--kv-cache", text);
}

Expected<int> parse_count(const char* option, const std::string& text) {
  constexpr int most = 1 << 28;
  const bool thousands = text.ends_with('k') || text.ends_with('K');
  const auto number =
      whole_number(std::string_view(text).substr(0, text.size() - (thousands ? 1 : 0)));
  const std::int64_t value = std::int64_t{number.value_or(0)} * (thousands ? 1024 : 1);
  if (value < 1 || value > most) {
    return refuse_value(option, text, "write a whole number above 0, e.g. 8192 or 8k");
  }
  return static_cast<int>(value);
}

Expected<measure::RunnerLimits> parse_gate(const std::string& text) {
  constexpr int most_ms = 60'000;
  measure::RunnerLimits limits;
  limits.gated = text != "off";
  if (!limits.gated) return limits;
  int ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size() || ms <= 0 || ms > most_ms) {
    return fail(
        ErrorKind::usage,
        fmt::format("--gate takes 'off' or milliseconds from 1 to {}, not '{}'", most_ms, text));
  }
  limits.gate_timeout = std::chrono::milliseconds(ms);
  return limits;
}

Expected<std::vector<Bytes>> parse_sizes(const std::string& text) {
  if (const auto dots = text.find(".."); dots != std::string::npos) {
    const auto first = parse_bytes(text.substr(0, dots));
    const auto last = parse_bytes(text.substr(dots + 2));
    if (!first || !last || *first == 0 || *first > *last) {
      return refuse_value("--sizes", text, "write a range as smallest..largest, e.g. 4KiB..1GiB");
    }
    std::vector<Bytes> sizes;
    for (Bytes size = *first; size <= *last; size *= 2) {
      sizes.push_back(size);
      if (size > *last / 2) break;
    }
    return sizes;
  }
  std::vector<Bytes> sizes;
  for (const std::string& part : split(text, ',')) {
    const auto size = parse_bytes(part);
    if (!size) return fail(ErrorKind::usage, "--sizes: " + size.error().message);
    if (*size == 0) return refuse_value("--sizes", text, "a copy of no bytes has no rate");
    sizes.push_back(*size);
  }
  return sizes;
}

}  // namespace peerbench::cli
