// SPDX-License-Identifier: Apache-2.0
// How one field is written in CSV. Private to this room.
#pragma once

#include <string>

namespace peerbench::report {

/// RFC 4180: in quotes where it holds a comma, a quote or a line's end.
inline std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string made = "\"";
  for (const char c : text) made += c == '"' ? std::string("\"\"") : std::string(1, c);
  return made + '"';
}

}  // namespace peerbench::report
