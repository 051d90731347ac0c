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

std::string title(const Cell& cell) {
  return fmt::format("Collectives over {}: NCCL, {}{}", describe_gpus(cell), cell.dtype,
                     cell.key.launch == result::Launch::graph ? ", replayed as a graph" : "");
}

std::string names(const Cells& cells) {
  return fmt::format("{}",
                     fmt::join(distinct(cells, [](const Cell& cell) { return cell.op; }), ", "));
}

bool is_ok(const Cell* cell) { return cell->status == Status::ok; }

Table table_of(std::string title, const Cells& cells) {
  Table table{std::move(title),
              "GB/s and times of one of many operations, as nccl-tests counts them.",
              {{"collective", Align::left},
               {"size"},
               {"time"},
               {"algbw"},
               {"busbw"},
               {"of link"},
               {"NCCL used", Align::left}},
              {},
              remarks(cells, names)};
  for (const Cell* cell : cells) {
    const bool ok = is_ok(cell);
    table.rows.push_back({cell->op, size_entry(cell), ok ? format_us(cell->time_us) : "-",
                          ok ? format_rate(cell->algbw) : "-", figure(cell), share_entry(cell),
                          cell->transport.empty() ? "-" : cell->transport});
  }
  // All failed for reasons that stand below: a row for each says nothing more.
  if (std::ranges::none_of(cells, is_ok)) {
    table.rows.clear();
    table.columns.clear();
    table.note.clear();
    return table;
  }
  drop_empty_columns(table, 5);
  table.note += legend(table, {{"algbw", "size / time"},
                               {"busbw",
                                "algbw x what a link carries of it, as nccl-tests "
                                "define it"},
                               {"of link", "busbw over what the links carry one way, below"}});
  return table;
}

}  // namespace

std::vector<Table> collective_tables(const result::Run& run) {
  const Cells all = select(run, is_collective);
  // What stands in the way of NCCL stands in the way of all of them: said once.
  const bool none = std::ranges::none_of(all, is_ok);
  if (!all.empty() && none) return {table_of("Collectives of NCCL", all)};
  std::vector<Table> tables;
  for (const Cells& cells : groups(all, [](const Cell& cell) {
         return std::tuple(cell.key.gpus, cell.key.dtype, cell.key.launch);
       })) {
    tables.push_back(table_of(title(*cells.front()), cells));
  }
  return tables;
}

}  // namespace peerbench::report
