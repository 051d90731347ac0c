// SPDX-License-Identifier: Apache-2.0
// How one field is written in CSV. Private to this module.
#pragma once

#include <string>

#include "base/printable.hpp"

namespace peerbench::report {

/// RFC 4180: in quotes where it holds a comma, a quote or a line's end. Control characters are
/// escapes, the carriage return too.
inline std::string csv_field(const std::string& words) {
  std::string text = printable(words);
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string made = "\"";
  for (const char c : text) made += c == '"' ? std::string("\"\"") : std::string(1, c);
  return made + '"';
}

}  // namespace peerbench::report
