// SPDX-License-Identifier: Apache-2.0
#include "report/compare_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/list_some.hpp"

namespace peerbench::report {

using result::ComparedGroup;
using result::ComparedRow;
using result::ComparedRows;

namespace {

constexpr GroupWords groups_words[] = {
    {.group = ComparedGroup::one_way,
     .title = "GPU to GPU, one way, with peer access",
     .said = "uni"},
    {.group = ComparedGroup::both_ways,
     .title = "GPU to GPU, both ways at once, with peer access",
     .said = "bi",
     .both_ways = true},
    {.group = ComparedGroup::staged,
     .title = "GPU to GPU, staged through host memory",
     .rule = "GB/s, bytes copied, counted once; bi: both ways at once, their sum",
     .said = "staged",
     .remark =
         "staged goes through host memory; it is not the PCIe P2P rate of a box with NVLink."},
    {.group = ComparedGroup::several, .title = "Several GPUs at once"},
    {.group = ComparedGroup::split,
     .title = "Messages of a split model",
     .rule = "us, time of one all-reduce (by copies only of its bytes) or of one message to the "
             "next GPU",
     .is_time = true},
    {.group = ComparedGroup::collective,
     .title = "Collectives of NCCL",
     .rule = "GB/s busbw, as nccl-tests define it: size / time, times what a link carries of it",
     .said = "nccl"},
    {.group = ComparedGroup::latency, .title = "Latency", .is_time = true},
    {.group = ComparedGroup::cpu_loads,
     .title = "Latency of memory, by one CPU thread",
     .is_time = true},
    {.group = ComparedGroup::pool,
     .title = "Memory pools",
     .rule = "GB/s, traffic: of arrays of N bytes read N, write N, copy 2 N, triad 3 N",
     .size_by_rule = true},
    {.group = ComparedGroup::host, .title = "Host and GPU"},
};

constexpr std::size_t listed_pairs = 6;  // of one kind; of more the ends are shown

std::vector<std::string> parts(const std::string& name) {
  std::vector<std::string> all(1);
  for (const char c : name) {
    if (c == '/') {
      all.emplace_back();
    } else {
      all.back() += c;
    }
  }
  return all;
}

/// The name's words after the family, without sizes and what the group's title says: "ce push
/// gpu0-gpu1".
std::string short_name(const ComparedRow& row, ComparedGroup group) {
  const auto all = parts(row.name);
  const char* said = words_of(group).said;
  std::string words;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i] == said || all[i].starts_with("bytes:")) continue;
    if (!words.empty()) words += ' ';
    const bool cores = group == ComparedGroup::pool && all[i].starts_with("cores:");
    words += cores ? all[i].substr(6) : all[i];
  }
  return words;
}

/// A name's words without its pair of GPUs, "gpu0-gpu1"; the pair is added to `pair`.
std::string without_pair(const std::string& words, std::string& pair) {
  std::string made;
  std::istringstream all(words);
  for (std::string word; all >> word;) {
    if (word.starts_with("gpu") && word.find("-gpu") != std::string::npos) {
      pair = word;
    } else {
      made += (made.empty() ? "" : " ") + word;
    }
  }
  return made;
}

/// Of many pairs those with the lowest, the middle and the highest ratio.
void add_ends(const std::string& words, const std::vector<ComparedLine>& pairs,
              std::vector<ComparedLine>& lines) {
  std::vector<ComparedLine> rated, others;
  for (const ComparedLine& pair : pairs)
    (pair.row->figures[1].ratio ? rated : others).push_back(pair);
  std::ranges::stable_sort(rated, {},
                           [](const ComparedLine& line) { return *line.row->figures[1].ratio; });
  const auto add = [&](const char* which, const ComparedLine& line) {
    lines.push_back(
        {fmt::format("{}, {} of {}: {}", words, which, rated.size(), line.label), line.row});
  };
  if (!rated.empty()) {
    add("lowest", rated.front());
    add("middle", rated[rated.size() / 2]);
    add("highest", rated.back());
  }
  if (others.empty()) return;
  std::vector<std::string> labels;
  for (const ComparedLine& other : others) labels.push_back(other.label);
  lines.push_back({words + " " + list_some(labels, 1), others.front().row});
}

/// One kind of copy of one size, between many pairs or (with an empty label) between one.
struct Kind {
  std::string words;
  std::optional<Bytes> bytes;
  std::vector<ComparedLine> pairs;
};

std::optional<Bytes> bytes_of(const ComparedRow& row) {
  for (const auto& figure : row.figures) {
    if (figure.cell != nullptr) return figure.cell->bytes;
  }
  return {};
}

std::vector<Kind> kinds_of(const ComparedRows& group) {
  std::vector<Kind> kinds;
  for (const ComparedRow& row : group.rows) {
    std::string pair;
    Kind kind{without_pair(short_name(row, group.group), pair), bytes_of(row), {}};
    auto known = std::ranges::find_if(kinds, [&](const Kind& other) {
      return !pair.empty() && other.words == kind.words && other.bytes == kind.bytes;
    });
    if (known == kinds.end()) known = kinds.insert(kinds.end(), std::move(kind));
    known->pairs.push_back({pair, &row});
  }
  return kinds;
}

}  // namespace

const GroupWords& words_of(ComparedGroup group) {
  return *std::ranges::find(groups_words, group, &GroupWords::group);
}

std::vector<ComparedLine> compared_lines(const ComparedRows& group) {
  const std::vector<Kind> kinds = kinds_of(group);
  const auto many = [](const Kind& kind) { return kind.pairs.size() > listed_pairs; };
  std::vector<ComparedLine> lines;
  if (std::ranges::none_of(kinds, many)) {
    for (const ComparedRow& row : group.rows) lines.push_back({short_name(row, group.group), &row});
    return lines;
  }
  for (const Kind& kind : kinds) {
    if (many(kind)) {
      add_ends(kind.words, kind.pairs, lines);
      continue;
    }
    for (const ComparedLine& pair : kind.pairs) {
      lines.push_back({short_name(*pair.row, group.group), pair.row});
    }
  }
  return lines;
}

}  // namespace peerbench::report
