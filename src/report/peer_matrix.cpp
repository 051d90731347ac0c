// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "base/numbers.hpp"
#include "report/machine_groups.hpp"
#include "report/peer_parts.hpp"

namespace peerbench::report {
namespace {

using machine::Machine;
using result::Cell;
using result::Status;

constexpr const char* unlike_mark = "~";
constexpr const char* the_card_itself = "X";
constexpr const char* impossible = "no way";

/// What the pairs far below those that are joined alike deliver, each median of the others once.
std::vector<Text> describe_unlike(const Cells& cells, const Machine& machine) {
  std::vector<Group<double, const Cell*>> below;
  for (const Cell* cell : cells) {
    if (cell->below_peers) add(below, *cell->below_peers, cell);
  }
  std::vector<Text> lines;
  for (const auto& [median, pairs] : below) {
    const auto [low, high] =
        std::ranges::minmax(pairs, {}, [](const Cell* cell) { return cell->median.value_or(0); });
    const std::string lowest = format_rate(low->median), highest = format_rate(high->median);
    lines.emplace_back(
        fmt::format("{}: {} {}{}, more than 10 % below {}, the median of the pairs joined alike",
                    pairs_of(pairs, machine), unlike_mark, lowest,
                    lowest == highest ? "" : "-" + highest, format_rate(median)),
        Tone::warning);
  }
  return lines;
}

/// "the pairs reach 84-87 % of it"; empty where no ceiling is known.
std::string reached(const Cells& cells) {
  std::vector<double> shares;
  for (const Cell* cell : cells) {
    if (cell->efficiency) shares.push_back(*cell->efficiency);
  }
  if (shares.empty()) return "";
  const auto [low, high] = std::ranges::minmax(shares);
  const std::string lowest = format_share(low), highest = format_share(high);
  return fmt::format(" {} of what the links could.",
                     lowest == highest ? highest : fmt::format("{:.0f}-{}", low * 100, highest));
}

struct ByNumber {
  bool operator()(const std::string& a, const std::string& b) const {
    return std::pair(card_number(a), a) < std::pair(card_number(b), b);
  }
};

/// Fills a table with a row and a column for each GPU, in the order of their numbers, and in it
/// what `entry` makes of the cell from the row's GPU to the column's; if `both`, of the cell
/// between them whichever it names first.
void fill_matrix(Table& table, const Cells& cells, bool both,
                 const std::function<Text(const Cell*)>& entry) {
  const result::Kind kind = cells.front()->key.kind;
  std::set<std::string, ByNumber> cards;
  for (const Cell* cell : cells) cards.insert({cell->src, cell->dst});
  table.columns.push_back({both ? "" : "from \\ to", Align::left});
  for (const std::string& dst : cards) table.columns.push_back({dst});
  for (const std::string& src : cards) {
    auto& row = table.rows.emplace_back(std::vector<Text>{src});
    for (const std::string& dst : cards) {
      const Cell* cell = find_peer(cells, kind, src, dst);
      if (cell == nullptr && both) cell = find_peer(cells, kind, dst, src);
      row.push_back(src == dst ? Text(the_card_itself) : entry(cell));
    }
  }
}

}  // namespace

std::string pairs_of(const Cells& cells, const Machine& machine) {
  Pairs pairs;
  for (const Cell* cell : cells) {
    const auto from = result::gpu_of(cell->key.source), to = result::gpu_of(cell->key.destination);
    if (!from || !to) continue;
    pairs.emplace_back(*from, *to);
    if (cell->key.shape == result::Shape::bi) pairs.emplace_back(*to, *from);
  }
  return describe_pairs(pairs, machine);
}

Table time_matrix(std::string title, std::string note, const Cells& cells, bool both,
                  const machine::Machine& machine) {
  Table table{std::move(title), std::move(note), {}, {}, remarks(cells, [&](const Cells& some) {
                return pairs_of(some, machine);
              })};
  if (std::ranges::any_of(cells, [](const Cell* c) { return c->status == Status::ok; })) {
    fill_matrix(table, cells, both, [](const Cell* cell) {
      const bool cannot = cell != nullptr && cell->status == Status::unsupported;
      return cannot ? Text(impossible) : figure(cell);
    });
  }
  return table;
}

Table peer_matrix(const Cells& cells, bool both, const Machine& machine) {
  const std::string kind = cells.front()->kind;
  Table table{
      peer_title(cells, both ? "both ways at once" : "one way") + ", " + kind,
      fmt::format("{}. {}", describe_counts(cells),
                  both ? "Row and column: the two GPUs; all bytes of both ways over the common "
                         "window."
                       : "Bytes leave the row's GPU and arrive at the column's."),
      {},
      {},
      remarks(cells, [&](const Cells& some) { return pairs_of(some, machine); })};
  if (std::ranges::none_of(cells, [](const Cell* c) { return c->status == Status::ok; })) {
    return table;
  }
  const std::vector<Text> unlike = describe_unlike(cells, machine);
  table.remarks.insert(table.remarks.begin(), unlike.begin(), unlike.end());
  bool any_impossible = false;
  fill_matrix(table, cells, both, [&](const Cell* cell) {
    Text entry = figure(cell);
    if (cell != nullptr && cell->below_peers) {
      entry.words += unlike_mark;
      if (entry.tone == Tone::plain) entry.tone = Tone::warning;
    }
    // The long word would push eight columns off the page; the reason stands below.
    if (cell != nullptr && cell->status == Status::unsupported) {
      entry.words = impossible;
      any_impossible = true;
    }
    return entry;
  });
  table.note += reached(cells);
  if (any_impossible) table.note += fmt::format(" {}: not possible, see below.", impossible);
  return table;
}

}  // namespace peerbench::report
