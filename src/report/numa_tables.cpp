// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "report/cells.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;

/// All cores of a node on that node's own memory: what the others are compared with.
bool is_local(const Cell& cell) {
  const bool host = is_pool(cell) || is_chase(cell);
  return host && cell.key.engine == result::Engine::cpu && !cell.key.workers &&
         cell.key.memory == result::MemoryKind::pageable && !is_together(cell) &&
         !cell.key.background && (is_chase(cell) || cell.cores.empty());
}

Table matrix(const std::string& op, const Cells& cells) {
  const Cells remote = select(cells, is_remote);
  std::vector<std::string> nodes = distinct(remote, [](const Cell& cell) { return cell.src; });
  for (const std::string& by : distinct(remote, [](const Cell& cell) { return cell.issuer; })) {
    if (std::ranges::count(nodes, by) == 0) nodes.push_back(by);
  }
  Table table{"Between NUMA nodes: " + (op == "chase" ? std::string("loads that wait") : op),
              describe_counts(cells) + ". Down: whose cores; across: whose memory.",
              {{"by", Align::left}},
              {},
              remarks(remote)};
  for (const std::string& memory : nodes) table.columns.push_back({memory});
  for (const std::string& by : nodes) {
    std::vector<Text> row = {Text(by)};
    for (const std::string& memory : nodes) {
      row.push_back(figure(find_cell(
          cells, [&](const Cell& cell) { return cell.issuer == by && cell.src == memory; })));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<Table> numa_tables(const result::Run& run) {
  std::vector<Table> tables;
  for (const std::string& op :
       distinct(select(run, is_remote), [](const Cell& cell) { return cell.op; })) {
    tables.push_back(matrix(op, select(run, [&](const Cell& cell) {
                              return cell.op == op && (is_remote(cell) || is_local(cell));
                            })));
  }
  return tables;
}

}  // namespace peerbench::report
