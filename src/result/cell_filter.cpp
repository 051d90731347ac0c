// SPDX-License-Identifier: Apache-2.0
#include "result/cell_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "result/cell_key.hpp"

namespace peerbench::result {

Expected<std::vector<bool>> selected(std::span<const std::string> names,
                                     const std::string& filter) {
  std::vector<bool> chosen(names.size(), filter.empty());
  if (filter.empty()) return chosen;
  const auto key = parse_name(filter);
  const auto exact = std::ranges::find(names, key ? to_name(*key) : filter);
  if (exact != names.end()) {
    chosen[static_cast<std::size_t>(exact - names.begin())] = true;
    return chosen;
  }
  try {
    const std::regex pattern(filter);
    std::transform(names.begin(), names.end(), chosen.begin(),
                   [&](const std::string& name) { return std::regex_search(name, pattern); });
  } catch (const std::regex_error& error) {
    return fail(ErrorKind::usage,
                fmt::format("--filter '{}' is not a regular expression: {}", filter, error.what()));
  }
  return chosen;
}

}  // namespace peerbench::result
