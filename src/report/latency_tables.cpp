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

constexpr std::size_t most_rows = 6;  // three GPUs, both ways
/// What was timed, as the cells say it.
std::string what_it_is(const Cells& cells) {
  const bool said = !cells.front()->counting_rule.empty();
  return said ? describe_counts(cells) + "."
              : "us, the median time of one copy between events on the GPU that issues it; not the "
                "time of the host's call.";
}

std::string title(const Cells& cells) {
  const Cell& cell = *cells.front();
  const bool alone = cell.key.op == result::Op::submission;
  return fmt::format(
      "{}: {}{}",
      alone ? "A small copy from the host's call to its end" : "Small copies between GPUs",
      row_of(cell.key.engine)->title, cell.bytes ? ", " + format_bytes(*cell.bytes) : "");
}

Table rows(const Cells& cells) {
  Table table{title(cells),
              what_it_is(cells),
              {{"from -> to", Align::left},
               {"push"},
               {"spread"},
               {"pull"},
               {"spread"},
               {"staged"},
               {"spread"}},
              {},
              remarks(cells)};
  for (const auto& [src, dst] :
       distinct(cells, [](const Cell& cell) { return std::pair(cell.src, cell.dst); })) {
    std::vector<Text> row = {src + " -> " + dst};
    for (const auto kind : {result::Kind::push, result::Kind::pull, result::Kind::staged}) {
      const Cell* cell = find_peer(cells, kind, src, dst);
      row.push_back(figure(cell));
      row.emplace_back(spread_entry(cell));
    }
    table.rows.push_back(row);
  }
  drop_empty_columns(table, 1);
  table.note += legend(table, {{"push", "with peer access, issued by the source's GPU"},
                               {"pull", "with peer access, issued by the destination's GPU"},
                               {"staged", "through host memory"},
                               {"spread", spread_words}});
  return table;
}

}  // namespace

std::vector<Table> latency_tables(const result::Run& run) {
  std::vector<Table> tables;
  std::set<std::pair<std::string, std::string>> pairs;  // ordered
  std::set<std::string> cards;
  const Cells all = select(run, is_latency);
  for (const Cell* cell : all) {
    pairs.emplace(cell->src, cell->dst);
    cards.insert({cell->src, cell->dst});
  }
  // Of the first GPU's pairs alone a matrix would be all but empty.
  const bool whole = pairs.size() == cards.size() * (cards.size() - (cards.empty() ? 0 : 1));
  for (const Cells& cells : sorted_groups(all, [](const Cell& cell) {
         return std::tuple(cell.key.op, cell.key.engine, cell.bytes.value_or(0));
       })) {
    if (!whole || pairs.size() <= most_rows) {
      tables.push_back(rows(cells));
      continue;
    }
    for (const auto kind : {result::Kind::push, result::Kind::pull, result::Kind::staged}) {
      const Cells same = select(cells, [&](const Cell& cell) { return cell.key.kind == kind; });
      if (!same.empty())
        tables.push_back(time_matrix(title(same) + ", " + same.front()->kind,
                                     what_it_is(same) + " From the row's GPU to the column's.",
                                     same, false, run.machine));
    }
  }
  return tables;
}

}  // namespace peerbench::report
