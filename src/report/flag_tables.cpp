// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/numbers.hpp"
#include "report/peer_parts.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;

constexpr std::size_t most_rows = 3;  // three GPUs
constexpr const char* title = "Flags between kernels of two GPUs: ping-pong";

Table rows(const Cells& cells) {
  Table table{title,
              describe_counts(cells) + ".",
              {{"between", Align::left}, {"one way"}, {"spread"}, {"round trip"}},
              {},
              remarks(cells)};
  for (const Cell* cell : cells) {
    const bool ok = cell->status == Status::ok && cell->median;
    table.rows.push_back({cell->src + " <-> " + cell->dst, figure(cell), spread_entry(cell),
                          ok ? format_rate(2 * *cell->median) : "-"});
  }
  drop_empty_columns(table, 2);
  table.note += legend(table, {{"spread", spread_words}});
  return table;
}

}  // namespace

std::vector<Table> flag_tables(const result::Run& run) {
  const Cells cells = select(run, is_flag);
  if (cells.empty()) return {};
  // Of the first GPU's pairs alone a matrix would be all but empty.
  const bool of_one =
      std::ranges::all_of(cells, [&](const Cell* cell) { return cell->src == cells.front()->src; });
  return {cells.size() <= most_rows || of_one
              ? rows(cells)
              : time_matrix(title, describe_counts(cells) + ". Row and column: the two GPUs.",
                            cells, true, run.machine)};
}

}  // namespace peerbench::report
