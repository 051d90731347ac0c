// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace peerbench {

namespace {

unsigned char byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Bytes of the character that begins with this one, by RFC 3629; 0 where none does.
std::size_t length_after(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

bool is_control(std::string_view character) {
  const unsigned char first = byte(character, 0);
  const bool ascii = (first < 0x20 && first != '\n') || first == 0x7f;
  return ascii || (first == 0xc2 && byte(character, 1) < 0xa0);
}

/// How many bytes at the front are one character that may be printed; 0: the first may not.
std::size_t printable_length(std::string_view text) {
  const std::size_t length = length_after(byte(text, 0));
  if (length == 0 || length > text.size()) return 0;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  const std::string_view character = text.substr(0, length);
  if (!std::ranges::all_of(character.substr(1), continues)) return 0;
  return is_control(character) ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = printable_length(text);
    if (length > 0) {
      safe += text.substr(0, length);
    } else {
      safe += fmt::format("\\x{:02x}", byte(text, 0));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return safe;
}

}  // namespace peerbench
