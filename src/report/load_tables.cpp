// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/peer_parts.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;

constexpr std::size_t most_rows = 9;  // three GPUs: both ways, and their own memories

std::string title(const Cells& cells) {
  return fmt::format("Loads that wait for each other: pointer chase, {}",
                     format_bytes(cells.front()->bytes.value_or(0)));
}

std::string describe_memory(const Cell& cell) {
  if (cell.src == cell.dst) return "its own";
  return cell.memory.empty() || cell.key.memory == result::MemoryKind::device
             ? cell.src
             : cell.src + " " + cell.memory;
}

Table rows(const Cells& cells) {
  Table table{title(cells),
              describe_counts(cells) + ".",
              {{"reads", Align::left}, {"memory of", Align::left}, {"load"}, {"spread"}},
              {},
              remarks(cells)};
  for (const Cell* cell : cells) {
    table.rows.push_back({cell->dst, describe_memory(*cell), figure(cell), spread_entry(cell)});
  }
  drop_empty_columns(table, 2);
  // Half of the smallest L2 that there is: what a memory answers lies behind it.
  constexpr Bytes in_cache = MiB;
  if (cells.front()->bytes <= in_cache) {
    table.note +=
        " The L2 of a GPU whose memory it is holds it: the way there and back, not the "
        "memory itself.";
  }
  table.note += legend(table, {{"spread", spread_words}});
  return table;
}

Table fault_table(const Cells& cells) {
  Table table{"Page faults: managed memory that is with the host",
              describe_counts(cells) + ".",
              {{"reads", Align::left}, {"load"}, {"spread"}},
              {},
              remarks(cells)};
  for (const Cell* cell : cells) {
    table.rows.push_back({cell->dst, figure(cell), spread_entry(cell)});
  }
  drop_empty_columns(table, 2);
  table.note += legend(table, {{"spread", spread_words}});
  return table;
}

}  // namespace

std::vector<Table> load_tables(const result::Run& run) {
  std::vector<Table> tables;
  for (const Cells& cells : sorted_groups(
           select(run, is_load), [](const Cell& cell) { return cell.bytes.value_or(0); })) {
    const Cells peers =
        select(cells, [](const Cell& cell) { return cell.key.kind == result::Kind::pull; });
    std::set<std::string> owners, readers;
    for (const Cell* cell : peers) {
      owners.insert(cell->src);
      readers.insert(cell->dst);
    }
    // Of the first GPU's pairs alone a matrix would be all but empty.
    const bool whole = owners.size() > 1 && owners == readers;
    if (cells.size() <= most_rows || !whole) {
      tables.push_back(rows(cells));
      continue;
    }
    tables.push_back(time_matrix(
        title(peers), describe_counts(peers) + ". The column's GPU reads the row's memory.", peers,
        false, run.machine));
    tables.push_back(
        rows(select(cells, [](const Cell& cell) { return cell.key.kind != result::Kind::pull; })));
  }
  if (const Cells faults = select(run, is_fault); !faults.empty()) {
    tables.push_back(fault_table(faults));
  }
  return tables;
}

}  // namespace peerbench::report
