// SPDX-License-Identifier: Apache-2.0
// Things that are alike, put together: one line for all of them. Private to this module.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace peerbench::report {

/// The items of `key`'s groups, in the order in which each group appears first.
template <typename Key, typename Item>
struct Group {
  Key key;
  std::vector<Item> items;
};

template <typename Key, typename Item>
Group<Key, Item>& group_of(std::vector<Group<Key, Item>>& groups, const Key& key) {
  auto group = std::ranges::find(groups, key, &Group<Key, Item>::key);
  if (group == groups.end()) group = groups.insert(group, {key, {}});
  return *group;
}

template <typename Key, typename Item>
void add(std::vector<Group<Key, Item>>& groups, const Key& key, const Item& item) {
  group_of(groups, key).items.push_back(item);
}

template <typename Key, typename Item>
void add_once(std::vector<Group<Key, Item>>& groups, const Key& key, const Item& item) {
  auto& items = group_of(groups, key).items;
  if (std::ranges::find(items, item) == items.end()) items.push_back(item);
}

/// A text, and the names of what it is true of.
using TextGroups = std::vector<Group<std::string, std::string>>;

/// "A, B".
inline std::string names_of(const Group<std::string, std::string>& group) {
  return fmt::format("{}", fmt::join(group.items, ", "));
}

/// Of files side by side: "A", "B" and so on; "A1" after "Z".
inline std::string file_letter(std::size_t file) {
  const std::string one(1, static_cast<char>('A' + file % 26));
  return file < 26 ? one : one + std::to_string(file / 26);
}

}  // namespace peerbench::report
