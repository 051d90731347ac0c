// SPDX-License-Identifier: Apache-2.0
// What the tables have in common: a cell as one entry, its name in words, and the remarks below a
// table that explain everything in it that is not simply good. Private to this module.
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "report/document.hpp"
#include "result/run.hpp"

namespace peerbench::report {

using Cells = std::vector<const result::Cell*>;

/// Which tables show a cell: GPU to GPU, many flows between GPUs at once, small copies between
/// GPUs, single loads, page faults, flags between kernels, between host and GPU, or memory pools.
/// None of them: the table of others.
bool is_peer(const result::Cell& cell);
bool is_many(const result::Cell& cell);
bool is_latency(const result::Cell& cell);
bool is_load(const result::Cell& cell);
bool is_fault(const result::Cell& cell);
bool is_flag(const result::Cell& cell);
bool is_host(const result::Cell& cell);
bool is_pool(const result::Cell& cell);
/// CPU and GPU at the same time.
bool is_together(const result::Cell& cell);
/// What the GPU works on then, "device" or "pinned"; empty: the one pool.
std::string gpu_memory(const result::Cell& cell);
/// "beside gpu0", "beside gpu0 on pinned" of what a CPU does while a GPU reads.
std::string describe_background(const result::Cell& cell);
/// Work of a node's cores on another node's memory.
bool is_remote(const result::Cell& cell);
/// Work of CPU threads on pinned or managed memory.
bool is_drivers_memory(const result::Cell& cell);
/// Dependent loads.
bool is_chase(const result::Cell& cell);
bool is_collective(const result::Cell& cell);
/// Messages of a split model.
bool is_split(const result::Cell& cell);

/// "gpu0, gpu1" of ".../gpus:0,1/...", as its name says; empty where that says none.
std::string describe_gpus(const result::Cell& cell);

/// "one to all (gpu0)", "all to one (gpu0)", "disjoint pairs", "all to all": what runs at once.
std::string describe_shape(const result::Cell& cell);

/// The cells that `matches` says yes to, in the order measured.
Cells select(const Cells& cells, const std::function<bool(const result::Cell&)>& matches);
Cells select(const result::Run& run, const std::function<bool(const result::Cell&)>& matches);

/// The first cell that `matches` says yes to; null when there is none.
const result::Cell* find_cell(const Cells& cells,
                              const std::function<bool(const result::Cell&)>& matches);

/// The values of `field`, each once, in the order first met.
template <typename Field>
auto distinct(const Cells& cells, Field field) {
  std::vector<std::decay_t<decltype(field(*cells.front()))>> found;
  for (const result::Cell* cell : cells) {
    auto value = field(*cell);
    if (std::ranges::find(found, value) == found.end()) found.push_back(std::move(value));
  }
  return found;
}

/// Cells in the groups that `key` makes, in the order first met.
template <typename Key>
std::vector<Cells> groups(const Cells& cells, Key key) {
  std::vector<Cells> found;
  for (const result::Cell* cell : cells) {
    auto group = std::ranges::find_if(
        found, [&](const Cells& candidate) { return key(*candidate.front()) == key(*cell); });
    if (group == found.end()) group = found.insert(group, Cells{});
    group->push_back(cell);
  }
  return found;
}

/// The same in the order of their keys: sizes that were asked for in any order stand in theirs.
template <typename Key>
std::vector<Cells> sorted_groups(const Cells& cells, Key key) {
  std::vector<Cells> found = groups(cells, key);
  std::ranges::sort(found, {}, [&](const Cells& group) { return key(*group.front()); });
  return found;
}

/// "push gpu0 -> gpu1", "staged gpu0 <-> gpu1", "triad host0 one-big"; the cell's name where there
/// is no shorter way to say it (families.cpp).
std::string label(const result::Cell& cell);

/// Which of the cores, beside a number of threads: "big", "cluster0"; empty: all, or any one.
std::string describe_core(const result::Cell& cell);

/// What must stand by staged figures of a box whose GPUs talk over NVLink.
inline constexpr const char* staged_is_not_pcie =
    "staged goes through host memory. It is not the PCIe P2P rate: a box whose GPUs talk over "
    "NVLink cannot show that, it comes from another machine.";

/// A status as people say it: unsupported is "not possible".
std::string describe_status(result::Status status);

/// The rate of an ok cell, marked * if it is low; another status as a word; null as "-".
Text figure(const result::Cell* cell);

Text verdict(const result::Cell* cell);

/// Entries of an ok cell, "-" of any other and of none: 5th to 95th percentile, smallest to
/// largest sample, variation, share of the ceiling.
std::string spread_entry(const result::Cell* cell);
inline constexpr const char* spread_words = "5th to 95th percentile";
std::string range_entry(const result::Cell* cell);
std::string cv_entry(const result::Cell* cell);
std::string share_entry(const result::Cell* cell);
/// Of any cell; "-" where it has no size.
std::string size_entry(const result::Cell* cell);

/// Names several cells in few words.
using Namer = std::function<std::string(const Cells&)>;

/// Reasons of what is not ok, of what is low or unverified, then ceilings and bands with sources;
/// cells with the same reason in one line. `who` names them, else the first few are by label().
std::vector<Text> remarks(const Cells& cells, const Namer& who = {});

/// "GB/s" and what it counts, e.g. "GB/s, one-way bytes"; a rule for each operation if they differ.
std::string describe_counts(const Cells& cells);

/// Takes out the columns (from `first_optional` on) in which every row says "-", and a last column
/// of verdicts that all say no-ceiling or not-judged; a remark says what that word means where it
/// is shown, not-judged for `unjudged`.
void drop_empty_columns(
    Table& table, std::size_t first_optional,
    const std::string& unjudged =
        "so small that starting a copy takes much of its time; larger --sizes are judged");

void drop_column(Table& table, std::size_t column);

/// "ratio: peer access over staged. ...": what the columns that are there mean.
std::string legend(const Table& table,
                   std::initializer_list<std::pair<const char*, const char*>> meanings);

}  // namespace peerbench::report
