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

const Cell* find(const Cells& cells, const std::string& by, const std::string& memory) {
  const auto found = std::ranges::find_if(
      cells, [&](const Cell* cell) { return cell->issuer == by && cell->src == memory; });
  return found == cells.end() ? nullptr : *found;
}

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::count(names, name) == 0) names.push_back(name);
}

Table matrix(const std::string& op, const Cells& cells) {
  std::vector<std::string> nodes;
  const Cells remote = select(cells, is_remote);
  for (const Cell* cell : remote) add_name(nodes, cell->src);
  for (const Cell* cell : remote) add_name(nodes, cell->issuer);
  Table table{"Between NUMA nodes: " + (op == "chase" ? std::string("loads that wait") : op),
              counting_words(cells) + ". Down: whose cores; across: whose memory.",
              {{"by", Align::left}},
              {},
              remarks(remote)};
  for (const std::string& memory : nodes) table.columns.push_back({memory});
  for (const std::string& by : nodes) {
    std::vector<Text> row = {Text(by)};
    for (const std::string& memory : nodes) row.push_back(figure(find(cells, by, memory)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<Table> numa_tables(const result::Run& run) {
  std::vector<std::string> ops;
  for (const Cell* cell : select(run, is_remote)) add_name(ops, cell->op);
  std::vector<Table> tables;
  for (const std::string& op : ops) {
    tables.push_back(matrix(op, select(run, [&](const Cell& cell) {
                              return cell.op == op && (is_remote(cell) || is_local(cell));
                            })));
  }
  return tables;
}

}  // namespace peerbench::report
