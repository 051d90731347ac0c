// SPDX-License-Identifier: Apache-2.0
#include "report/machine_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace peerbench::report {
namespace {

constexpr std::size_t named_pairs = 3;    // by name; more of them are counted
constexpr std::size_t listed_pairs = 16;  // of those counted

void join(std::string& words, const std::string& more) {
  words += (words.empty() ? "" : ", ") + more;
}

/// Both ways of a pair in one, the others as they are; each with its sign.
struct Way {
  int from, to;
  bool both;
};

std::vector<Way> ways(const Pairs& pairs) {
  const std::set<std::pair<int, int>> all(pairs.begin(), pairs.end());
  std::vector<Way> made;
  for (const auto& [from, to] : all) {
    const bool both = all.count({to, from}) != 0;
    if (!both || from < to) made.push_back({from, to, both});
  }
  return made;
}

std::string listed(const std::vector<Way>& ways) {
  std::string words;
  for (std::size_t i = 0; i < ways.size() && i < listed_pairs; ++i) {
    join(words, fmt::format("{}-{}", ways[i].from, ways[i].to));
  }
  return ways.size() > listed_pairs ? words + ", ..." : words;
}

}  // namespace

std::string card_names(Ordinals cards) {
  std::ranges::sort(cards);
  std::string words;
  for (std::size_t first = 0; first < cards.size();) {
    std::size_t last = first;
    while (last + 1 < cards.size() && cards[last + 1] == cards[last] + 1) ++last;
    if (last - first > 1) {
      join(words, fmt::format("gpu{}..gpu{}", cards[first], cards[last]));
    } else {
      for (std::size_t i = first; i <= last; ++i) join(words, fmt::format("gpu{}", cards[i]));
    }
    first = last + 1;
  }
  return words;
}

std::string describe_cards(const Ordinals& cards, const machine::Machine& machine) {
  const bool all = cards.size() > 2 && cards.size() == machine.gpus.size();
  return all ? fmt::format("all {} GPUs", cards.size()) : card_names(cards);
}

std::string describe_pools(const std::vector<std::string>& ids, const machine::Machine& machine) {
  std::string words;
  Ordinals cards;
  for (const auto& id : ids) {
    const auto card = card_number(id);
    if (card) cards.push_back(*card);
    if (!card) join(words, id);
  }
  if (!cards.empty()) join(words, describe_cards(cards, machine));
  return words;
}

std::optional<int> card_number(std::string_view word) {
  int number = 0;
  const std::string_view digits = word.substr(std::min<std::size_t>(word.size(), 3));
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
  const bool whole = word.starts_with("gpu") && error == std::errc() && end == digits.end();
  return whole && number >= 0 ? std::optional(number) : std::nullopt;
}

std::string describe_pairs(const Pairs& pairs, const machine::Machine& machine, bool rest) {
  const std::vector<Way> found = ways(pairs);
  if (found.size() <= named_pairs) {
    std::string words;
    for (const Way& way : found) {
      join(words, fmt::format("gpu{} {} gpu{}", way.from, way.both ? "<->" : "->", way.to));
    }
    return words;
  }
  const bool both = std::ranges::all_of(found, &Way::both);
  const std::string what = both ? fmt::format("{} pairs, both ways", found.size())
                                : fmt::format("{} ordered pairs", pairs.size());
  if (pairs.size() == machine.links.size()) return "all " + what;
  return rest ? "the other " + what : fmt::format("{} ({})", what, listed(found));
}

}  // namespace peerbench::report
