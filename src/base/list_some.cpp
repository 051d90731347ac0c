// SPDX-License-Identifier: Apache-2.0
#include "base/list_some.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace peerbench {

std::string list_some(std::span<const std::string> all, std::size_t most, std::string_view rest) {
  if (all.size() <= most) return fmt::format("{}", fmt::join(all, ", "));
  return fmt::format("{} and {} {}", fmt::join(all.first(most), ", "), all.size() - most, rest);
}

}  // namespace peerbench
