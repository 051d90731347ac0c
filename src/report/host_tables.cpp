// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;

/// What a row shows: the two ends, the host's first, its memory and the engine.
using Way = std::tuple<std::string, std::string, std::string, result::Engine>;

Way way(const Cell& cell) {
  const bool down = cell.key.kind == result::Kind::d2h;
  const std::string node = cell.key.numa_node ? fmt::format(", node {}", *cell.key.numa_node) : "";
  return {down ? cell.dst : cell.src, down ? cell.src : cell.dst, cell.memory + node,
          cell.key.engine};
}

Table table_of(const Cells& cells, bool one_pool) {
  const Cells one_way =
      select(cells, [](const Cell& cell) { return cell.key.kind != result::Kind::both; });
  Table table{std::string(one_pool ? "Copies within the pool" : "Between host and GPU") +
                  (cells.front()->bytes ? ": " + format_bytes(*cells.front()->bytes) : ""),
              describe_counts(one_way.empty() ? cells : one_way) + ".",
              {{"between", Align::left},
               {"host\nmemory", Align::left},
               {"by", Align::left},
               {"to\ncard"},
               {"of\nlink"},
               {"to\nhost"},
               {"of\nlink"},
               {"both\nways"},
               {"of\nlink"}},
              {},
              remarks(cells)};
  for (const Way& one : distinct(cells, way)) {
    const auto& [host, card, memory, engine] = one;
    std::vector<Text> row = {host + ", " + card, memory.empty() ? "-" : memory,
                             row_of(engine)->entry};
    for (const auto kind : {result::Kind::h2d, result::Kind::d2h, result::Kind::both}) {
      const Cell* cell = find_cell(
          cells, [&](const Cell& each) { return each.key.kind == kind && way(each) == one; });
      row.push_back(figure(cell));
      row.emplace_back(share_entry(cell));
    }
    table.rows.push_back(row);
  }
  drop_empty_columns(table, 1);
  table.note += " by: copy engine or copy kernel.";
  const bool both =
      std::ranges::any_of(cells, [](const Cell* c) { return c->key.kind == result::Kind::both; });
  if (both) table.note += " both ways: at once, the sum over the common window.";
  return table;
}

}  // namespace

std::vector<Table> host_tables(const result::Run& run) {
  std::vector<Table> tables;
  for (const Cells& cells :
       sorted_groups(select(run, is_host), [](const Cell& cell) { return cell.bytes; })) {
    tables.push_back(table_of(cells, run.machine.machine_class == machine::Class::unified_pool));
  }
  return tables;
}

}  // namespace peerbench::report
