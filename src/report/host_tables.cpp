// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/numbers.hpp"
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

const Cell* find(const Cells& cells, const Way& of, result::Kind kind) {
  const auto at = std::ranges::find_if(
      cells, [&](const Cell* cell) { return cell->key.kind == kind && way(*cell) == of; });
  return at == cells.end() ? nullptr : *at;
}

std::string share(const Cell* cell) {
  return cell != nullptr && cell->status == Status::ok ? format_share(cell->efficiency) : "-";
}

Table table_of(const Cells& cells, bool one_pool) {
  const Cells one_way =
      select(cells, [](const Cell& cell) { return cell.key.kind != result::Kind::both; });
  Table table{std::string(one_pool ? "Copies within the pool" : "Between host and card") +
                  (cells.front()->bytes ? ": " + format_bytes(*cells.front()->bytes) : ""),
              counting_words(one_way.empty() ? cells : one_way) + ".",
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
  std::vector<Way> ways;
  for (const Cell* cell : cells) {
    if (std::ranges::count(ways, way(*cell)) == 0) ways.push_back(way(*cell));
  }
  for (const Way& one : ways) {
    const auto& [host, card, memory, engine] = one;
    std::vector<Text> row = {host + ", " + card, memory.empty() ? "-" : memory,
                             short_engine(engine)};
    for (const auto kind : {result::Kind::h2d, result::Kind::d2h, result::Kind::both}) {
      const Cell* cell = find(cells, one, kind);
      row.push_back(figure(cell));
      row.emplace_back(share(cell));
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
  const Cells all = select(run, is_host);
  std::set<std::optional<Bytes>> sizes;
  for (const Cell* cell : all) sizes.insert(cell->bytes);
  std::vector<Table> tables;
  for (const auto& size : sizes) {
    tables.push_back(table_of(select(all, [&](const Cell& cell) { return cell.bytes == size; }),
                              run.machine.machine_class == machine::Class::unified_pool));
  }
  return tables;
}

}  // namespace peerbench::report
