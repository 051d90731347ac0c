// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/peer_parts.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;

constexpr std::array kinds = {result::Kind::push, result::Kind::pull, result::Kind::staged};
constexpr std::size_t most_pairs_of_rows = 3;  // what three GPUs have; more are a matrix

/// One size, nothing but the engine and the way that tells them apart.
auto condition(const Cell& cell) { return std::tie(cell.bytes, cell.memory); }

std::vector<Table> matrices(const Cells& cells, bool both, const machine::Machine& machine) {
  std::vector<Table> tables;
  for (const Cells& engine : groups(cells, [](const Cell& cell) { return cell.key.engine; })) {
    for (const result::Kind kind : kinds) {
      const Cells same = select(engine, [&](const Cell& cell) { return cell.key.kind == kind; });
      if (!same.empty()) tables.push_back(peer_matrix(same, both, machine));
    }
  }
  return tables;
}

}  // namespace

std::string peer_title(const Cells& cells, const char* ways) {
  const Cell& cell = *cells.front();
  const bool one_engine =
      std::ranges::all_of(cells, [&](const Cell* c) { return c->key.engine == cell.key.engine; });
  std::string what = one_engine ? row_of(cell.key.engine)->title : "";
  const auto add = [&](const std::string& more) { what += (what.empty() ? "" : ", ") + more; };
  if (!cell.memory.empty() && cell.key.memory != result::MemoryKind::device)
    add(cell.memory + " memory");
  if (cell.bytes) add(format_bytes(*cell.bytes));
  return fmt::format("GPU to GPU, {}{}{}", ways, what.empty() ? "" : ": ", what);
}

const Cell* find_peer(const Cells& cells, result::Kind kind, const std::string& src,
                      const std::string& dst) {
  return find_cell(cells, [&](const Cell& cell) {
    return cell.key.kind == kind && cell.src == src && cell.dst == dst;
  });
}

std::vector<Table> peer_tables(const result::Run& run) {
  std::vector<Table> tables;
  const Cells peers = select(run, is_peer);
  std::set<std::set<std::string>> pairs;
  for (const Cell* cell : peers) pairs.insert({cell->src, cell->dst});
  for (const Cells& group : groups(peers, condition)) {
    for (const bool both : {false, true}) {
      const Cells cells = select(
          group, [&](const Cell& cell) { return (cell.key.shape == result::Shape::bi) == both; });
      if (cells.empty()) continue;
      if (pairs.size() <= most_pairs_of_rows) {
        tables.push_back(both ? peer_rows_both_ways(cells) : peer_rows_one_way(cells));
      } else {
        std::ranges::move(matrices(cells, both, run.machine), std::back_inserter(tables));
      }
    }
  }
  return tables;
}

}  // namespace peerbench::report
