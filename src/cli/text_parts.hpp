// SPDX-License-Identifier: Apache-2.0
// What readers of options' texts share. Private to this module.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace peerbench::cli {

/// The parts between the separators; of an empty text one empty part.
inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Digits alone, from 0 on.
inline std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end || value < 0) return {};
  return value;
}

/// A usage error: `how` the option's value is written.
inline tl::unexpected<Error> refuse_value(const char* option, const std::string& text,
                                          const char* how) {
  return fail(ErrorKind::usage, fmt::format("{} '{}': {}", option, text, how));
}

}  // namespace peerbench::cli
