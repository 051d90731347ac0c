// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/numbers.hpp"
#include "report/cells.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;

/// One column: what all of its cells have in common.
struct Way {
  const char* heading;
  const char* meaning;
  result::Engine engine;
  result::Kind kind;
  std::optional<result::Exchange> exchange;  ///< of copies
  std::optional<result::Launch> launch;      ///< of NCCL
};

constexpr auto ce = result::Engine::ce;
constexpr auto nccl = result::Engine::nccl;
constexpr auto whole = result::Exchange::whole;
constexpr auto parts = result::Exchange::parts;

constexpr Way all_reduce_ways[] = {
    {"peer", "copies with peer access", ce, result::Kind::push, whole, {}},
    {"in parts", "the same, each GPU's part and the sums back", ce, result::Kind::push, parts, {}},
    {"staged", "copies through host memory", ce, result::Kind::staged, whole, {}},
    {"staged parts", "the same in parts", ce, result::Kind::staged, parts, {}},
    {"NCCL", "launched by the host", nccl, result::Kind::none, {}, result::Launch::eager},
    {"NCCL graph", "replayed as a CUDA graph", nccl, result::Kind::none, {}, result::Launch::graph},
};
constexpr Way boundary_ways[] = {
    {"peer", "a copy with peer access", ce, result::Kind::push, {}, {}},
    {"staged", "a copy through host memory", ce, result::Kind::staged, {}, {}},
    {"NCCL", "launched by the host", nccl, result::Kind::none, {}, result::Launch::eager},
    {"NCCL graph", "replayed as a CUDA graph", nccl, result::Kind::none, {}, result::Launch::graph},
};

bool goes(const Cell& cell, const Way& way) {
  return cell.key.engine == way.engine && cell.key.kind == way.kind &&
         cell.key.exchange == way.exchange && cell.key.launch == way.launch;
}

/// Of several pairs the slowest, since a pipeline waits for it; those that failed before all
/// others.
const Cell* find(const Cells& cells, const Way& way, Bytes bytes) {
  const Cell* worst = nullptr;
  for (const Cell* cell : cells) {
    if (!goes(*cell, way) || cell->bytes != bytes) continue;
    const bool failed = cell->status != Status::ok;
    if (worst == nullptr || failed ||
        (worst->status == Status::ok && *cell->median > *worst->median)) {
      worst = cell;
    }
  }
  return worst;
}

Text time(const Cell* cell) {
  return cell != nullptr && cell->status == Status::ok ? Text(format_us(cell->median))
                                                       : figure(cell);
}

/// The headings of the columns that the cells are in; of one cell its size, too.
std::string headings(const Cells& cells, std::span<const Way> ways) {
  std::vector<std::string> found;
  for (const Way& way : ways) {
    const bool any = std::ranges::any_of(cells, [&](const Cell* cell) { return goes(*cell, way); });
    if (any) found.emplace_back(way.heading);
  }
  const std::string all = fmt::format("{}", fmt::join(found, ", "));
  return cells.size() > 1 ? all : fmt::format("{} {}", all, format_bytes(*cells.front()->bytes));
}

Table table_of(const result::SplitMessages& split, std::string title, std::string note,
               const Cells& cells, std::span<const Way> ways) {
  Table table{std::move(title), std::move(note), {{"tokens"}, {"message"}}, {}, {}};
  for (const Way& way : ways) table.columns.push_back({way.heading});
  for (const int tokens : split.tokens) {
    const Bytes bytes = result::message_bytes(split.hidden, tokens);
    std::vector<Text> row = {std::to_string(tokens), format_bytes(bytes)};
    for (const Way& way : ways) row.push_back(time(find(cells, way, bytes)));
    table.rows.push_back(std::move(row));
  }
  table.remarks = remarks(cells, [&](const Cells& some) { return headings(some, ways); });
  drop_empty_columns(table, 2);
  for (const Way& way : ways) table.note += legend(table, {{way.heading, way.meaning}});
  return table;
}

}  // namespace

std::vector<Table> split_tables(const result::Run& run) {
  std::vector<Table> tables;
  if (!run.settings.split) return tables;
  const result::SplitMessages& split = *run.settings.split;
  const Cells all = select(run, is_split);
  const Cells sums =
      select(all, [](const Cell& cell) { return cell.key.op == result::Op::all_reduce; });
  if (!sums.empty()) {
    tables.push_back(table_of(
        split,
        fmt::format("{} split by tensors over {}", split.model, describe_gpus(*sums.front())),
        "Time of one all-reduce of the activations of so many tokens, two bytes an element; a step "
        "has two in each layer. By copies only their bytes, not the adding up.",
        sums, all_reduce_ways));
  }
  const Cells steps =
      select(all, [](const Cell& cell) { return cell.key.op == result::Op::boundary; });
  if (!steps.empty()) {
    tables.push_back(
        table_of(split, fmt::format("{} split by layers, from GPU to GPU", split.model),
                 "Time of one message to the next GPU; a step has one at each boundary. Of several "
                 "boundaries the slowest.",
                 steps, boundary_ways));
  }
  return tables;
}

}  // namespace peerbench::report
