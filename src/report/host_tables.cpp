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
  return {down ? cell.dst : cell.src, down ? cell.src : cell.dst, cell.memory, cell.key.engine};
}

/// The same copy with the host's memory on the GPU's own NUMA node; null: it was not measured.
const Cell* near_one(const machine::Machine& machine, const Cells& cells, const Cell& far) {
  const auto gpu = [](const Cell& cell) {
    return cell.key.kind == result::Kind::d2h ? cell.key.source : cell.key.destination;
  };
  return find_cell(cells, [&](const Cell& cell) {
    return cell.key.kind == far.key.kind && cell.key.engine == far.key.engine &&
           cell.key.memory == far.key.memory && gpu(cell) == gpu(far) &&
           !result::far_node(machine, cell.key);
  });
}

/// "From memory of another NUMA node: 62-81 % of the rate from the GPU's own.", and the same to it.
std::string far_note(const machine::Machine& machine, const Cells& cells) {
  std::string note;
  for (const auto kind : {result::Kind::h2d, result::Kind::d2h}) {
    std::vector<double> shares;
    for (const Cell* far : cells) {
      if (far->key.kind != kind || !far->median || !result::far_node(machine, far->key)) continue;
      const Cell* near = near_one(machine, cells, *far);
      if (near != nullptr && near->median) shares.push_back(100 * *far->median / *near->median);
    }
    if (shares.empty()) continue;
    const auto [least, most] = std::ranges::minmax(shares);
    const std::string range = fmt::format("{:.0f}", least) == fmt::format("{:.0f}", most)
                                  ? fmt::format("{:.0f}", most)
                                  : fmt::format("{:.0f}-{:.0f}", least, most);
    note += fmt::format(" {} memory of another NUMA node: {} % of the rate {} the GPU's own.",
                        kind == result::Kind::h2d ? "From" : "To", range,
                        kind == result::Kind::h2d ? "from" : "to");
  }
  return note;
}

Table table_of(const machine::Machine& machine, const Cells& cells) {
  const bool one_pool = machine.machine_class == machine::Class::unified_pool;
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
  table.note += far_note(machine, cells);
  return table;
}

}  // namespace

std::vector<Table> host_tables(const result::Run& run) {
  std::vector<Table> tables;
  for (const Cells& cells :
       sorted_groups(select(run, is_host), [](const Cell& cell) { return cell.bytes; })) {
    tables.push_back(table_of(run.machine, cells));
  }
  return tables;
}

}  // namespace peerbench::report
