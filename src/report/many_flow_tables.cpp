// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/numbers.hpp"
#include "measure/statistics.hpp"
#include "report/peer_parts.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Flow;
using result::Status;

/// What this flow's copy reached with nothing beside it, in the same run; null when not measured.
const Cell* alone(const Cells& peers, const Cell& cell, const Flow& flow) {
  return find_cell(peers, [&](const Cell& one) {
    return one.key.shape == result::Shape::uni && one.key.kind == cell.key.kind &&
           one.key.engine == cell.key.engine && one.src == flow.src && one.dst == flow.dst &&
           one.bytes == cell.bytes && one.status == Status::ok && one.median.value_or(0) > 0;
  });
}

std::vector<Text> row(const Cell& cell, const Cells& peers) {
  std::set<std::string> cards;
  std::vector<double> rates, shares;
  for (const Flow& flow : cell.flows) {
    cards.insert({flow.src, flow.dst});
    if (!flow.median) continue;
    rates.push_back(*flow.median);
    const Cell* single = alone(peers, cell, flow);
    if (single != nullptr) shares.push_back(*flow.median / *single->median);
  }
  const bool all_alone = !shares.empty() && shares.size() == rates.size();
  const measure::Summary spread = measure::summarize(rates);  // NaN of none: "-"
  return {describe_shape(cell),
          cell.kind,
          cards.empty() ? "-" : std::to_string(cards.size()),
          cell.flows.empty() ? "-" : std::to_string(cell.flows.size()),
          figure(&cell),
          format_rate(spread.min),
          format_rate(spread.median),
          format_rate(spread.max),
          all_alone ? format_share(measure::summarize(shares).median) : "-"};
}

}  // namespace

std::vector<Table> many_flow_tables(const result::Run& run) {
  const Cells all = select(run, is_many), peers = select(run, is_peer);
  std::vector<Table> tables;
  for (const Cells& cells :
       sorted_groups(all, [](const Cell& cell) { return std::pair(cell.engine, cell.bytes); })) {
    Table table{peer_title(cells, "many at once"),
                cells.front()->unit + ", bytes of all transfers, each counted once.",
                {{"shape", Align::left},
                 {"way", Align::left},
                 {"GPUs"},
                 {"flows"},
                 {"total"},
                 {"slowest\nflow"},
                 {"median\nflow"},
                 {"fastest\nflow"},
                 {"of alone"}},
                {},
                remarks(cells)};
    for (const Cell* cell : cells) table.rows.push_back(row(*cell, peers));
    drop_empty_columns(table, 2);
    table.note += legend(table, {{"total", "all bytes over the common window"},
                                 {"of alone",
                                  "what a flow keeps of the rate of its pair alone in "
                                  "this run, the median of all"}});
    tables.push_back(table);
  }
  return tables;
}

}  // namespace peerbench::report
