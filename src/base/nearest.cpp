// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <tuple>
#include <utility>

namespace peerbench {

namespace {

// Levenshtein distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return lower;
}

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known,
                                 std::size_t most) {
  const std::string asked = lower_case(word);
  // A word that begins with what was typed was most likely meant, however much is missing of it.
  std::vector<std::tuple<bool, std::size_t, std::string>> ranked;
  for (const std::string& candidate : known) {
    const std::string name = lower_case(candidate);
    const std::size_t far = distance(asked, name);
    const bool part = !asked.empty() && name.find(asked) != std::string::npos;
    if (part || far * 2 <= std::max(asked.size(), name.size())) {
      ranked.emplace_back(asked.empty() || !name.starts_with(asked), far, candidate);
    }
  }
  std::ranges::sort(ranked);
  if (ranked.size() > most) ranked.resize(most);
  std::vector<std::string> names;
  for (auto& [inside, far, candidate] : ranked) names.push_back(std::move(candidate));
  return names;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string> names = nearest(word, known);
  if (names.empty()) return {};
  return fmt::format("; did you mean '{}'?", fmt::join(names, "' or '"));
}

}  // namespace peerbench
