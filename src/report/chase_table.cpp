// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;

std::string who(const Cell& cell) {
  const std::string cores = describe_core(cell);
  return cell.issuer + (cores.empty() ? "" : ", " + cores + " core") +
         (cell.key.background ? ", " + describe_background(cell) : "");
}

}  // namespace

std::vector<Table> chase_tables(const result::Run& run) {
  const Cells cells =
      select(run, [](const Cell& cell) { return is_chase(cell) && !is_remote(cell); });
  if (cells.empty()) return {};
  Table table{"Latency of memory: loads that each wait for the one before",
              describe_counts(cells) + ".",
              {{"by", Align::left},
               {"memory", Align::left},
               {"ns"},
               {"min-max"},
               {"cv"},
               {"array"},
               {"of\nceiling"},
               {"verdict", Align::left}},
              {},
              remarks(cells)};
  for (const Cell* cell : cells) {
    table.rows.push_back({who(*cell), cell->src + ", " + cell->memory, figure(cell),
                          range_entry(cell), cv_entry(cell), size_entry(cell), share_entry(cell),
                          verdict(cell)});
  }
  drop_empty_columns(table, 3);
  return {table};
}

}  // namespace peerbench::report
