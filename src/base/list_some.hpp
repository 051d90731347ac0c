// SPDX-License-Identifier: Apache-2.0
// Lists and counts in sentences; lists stay short however many things there are.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>

namespace peerbench {

/// "a, b, c"; of more than `most` the first ones: "a, b and 7 more", or whatever `rest` calls them.
std::string list_some(std::span<const std::string> all, std::size_t most,
                      std::string_view rest = "more");

/// "1 cell", "3 cells".
template <std::integral Count>
std::string with_count(Count count, std::string_view noun) {
  return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

}  // namespace peerbench
