// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/numbers.hpp"
#include "report/peer_parts.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;

constexpr const char* push_words = "with peer access, issued by the source's GPU";
constexpr const char* pull_words = "with peer access, issued by the destination's GPU";
constexpr const char* staged_words = "through host memory, without peer access";

const Cell* first_ok(std::initializer_list<const Cell*> candidates) {
  for (const Cell* cell : candidates) {
    if (cell != nullptr && cell->status == Status::ok) return cell;
  }
  return nullptr;
}

std::optional<double> median(const Cell* cell) { return cell ? cell->median : std::nullopt; }

std::vector<result::Engine> engines_of(const Cells& cells) {
  return distinct(cells, [](const Cell& cell) { return cell.key.engine; });
}

std::optional<double> flow(const Cell* cell, const std::string& src, const std::string& dst) {
  if (cell == nullptr) return std::nullopt;
  for (const auto& candidate : cell->flows) {
    if (candidate.src == src && candidate.dst == dst) return candidate.median;
  }
  return std::nullopt;
}

/// The staged sum of the same two GPUs, whichever is named first.
const Cell* staged_sum(const Cells& cells, const Cell& of) {
  return first_ok({find_peer(cells, result::Kind::staged, of.src, of.dst),
                   find_peer(cells, result::Kind::staged, of.dst, of.src)});
}

/// Without copies by kernels that are not possible for want of the peer access which copies by the
/// engine on the same way lack too: their rows would say nothing more.
Cells without_repeated_refusals(const Cells& cells) {
  const auto refused = [](const Cell& cell) { return cell.status == Status::unsupported; };
  return select(cells, [&](const Cell& cell) {
    if (cell.key.engine != result::Engine::sm || !refused(cell)) return true;
    return std::ranges::none_of(cells, [&](const Cell* other) {
      return other->key.engine == result::Engine::ce && other->key.kind != result::Kind::staged &&
             refused(*other) && std::set{other->src, other->dst} == std::set{cell.src, cell.dst};
    });
  });
}

}  // namespace

Table peer_rows_one_way(const Cells& all) {
  const Cells cells = without_repeated_refusals(all);
  const auto engines = engines_of(cells);
  Table table{peer_title(cells, "one way"),
              describe_counts(cells) + ".",
              {{"from -> to", Align::left},
               {"by", Align::left},
               {"push"},
               {"pull"},
               {"staged"},
               {"ratio"},
               {"spread"},
               {"of link"},
               {"verdict", Align::left}},
              {},
              remarks(cells)};
  const auto directions =
      distinct(cells, [](const Cell& cell) { return std::pair(cell.src, cell.dst); });
  for (const auto& [src, dst] : directions) {
    const Cell* around = first_ok({find_peer(cells, result::Kind::staged, src, dst)});
    for (const result::Engine engine : engines) {
      const Cells own = select(cells, [&](const Cell& cell) { return cell.key.engine == engine; });
      const Cell* push = find_peer(own, result::Kind::push, src, dst);
      const Cell* pull = find_peer(own, result::Kind::pull, src, dst);
      const Cell* staged = find_peer(own, result::Kind::staged, src, dst);
      if (push == nullptr && pull == nullptr && staged == nullptr) continue;
      const Cell* main = first_ok({push, pull, staged});
      table.rows.push_back({src + " -> " + dst, engines.size() > 1 ? row_of(engine)->entry : "-",
                            figure(push), figure(pull), figure(staged),
                            format_ratio(median(first_ok({push, pull})), median(around)),
                            spread_entry(main), share_entry(main), verdict(main)});
    }
  }
  drop_empty_columns(table, 1);
  table.note += legend(table, {{"by", "copy engine or copy kernel"},
                               {"push", push_words},
                               {"pull", pull_words},
                               {"staged", staged_words},
                               {"ratio", "peer access over staged"},
                               {"spread", spread_words},
                               {"verdict", "on the leftmost rate, as are spread and of link"}});
  return table;
}

namespace {

bool between_one_pair(const Cells& cells) {
  const auto pair = [](const Cell& cell) { return std::set{cell.src, cell.dst}; };
  return distinct(cells, pair).size() == 1;
}

/// The ways of each pair side by side.
Cells by_pair(const Cells& cells) {
  Cells ordered;
  for (const Cells& pair : groups(cells, [](const Cell& cell) {
         return std::set{cell.src, cell.dst};
       })) {
    std::ranges::copy(pair, std::back_inserter(ordered));
  }
  return ordered;
}

/// Of one pair each direction has its heading and the way is the row's; of several the pair is.
std::vector<Column> columns_both_ways(bool one_pair, const std::string& a, const std::string& b) {
  std::vector<Column> columns = {{"pair", Align::left}, {"way", Align::left}, {"->"}, {"<-"}};
  if (one_pair) {
    columns = {{"way", Align::left},
               {"", Align::left},
               {fmt::format("{}\n-> {}", a, b)},
               {fmt::format("{}\n-> {}", b, a)}};
  }
  for (const char* heading : {"sum", "ratio", "spread", "of link"}) columns.push_back({heading});
  columns.push_back({"verdict", Align::left});
  return columns;
}

}  // namespace

Table peer_rows_both_ways(const Cells& all) {
  const Cells cells = without_repeated_refusals(all);
  const std::string a = cells.front()->src, b = cells.front()->dst;
  const bool one_pair = between_one_pair(cells);
  const bool engines = engines_of(cells).size() > 1;
  Table table{peer_title(cells, "both ways at once"),
              describe_counts(cells) + ".",
              columns_both_ways(one_pair, a, b),
              {},
              remarks(cells)};
  for (const Cell* cell : by_pair(cells)) {
    const Cell* ok = first_ok({cell});
    const Cell* staged = staged_sum(cells, *cell);
    const bool kernel = engines && cell->key.engine == result::Engine::sm;
    const std::string way = cell->kind + (kernel ? " kernel" : "");
    const std::string from = one_pair ? a : cell->src, to = one_pair ? b : cell->dst;
    table.rows.push_back({one_pair ? way : fmt::format("{} <-> {}", from, to), one_pair ? "-" : way,
                          format_rate(flow(ok, from, to)), format_rate(flow(ok, to, from)),
                          figure(cell),
                          cell == staged ? "-" : format_ratio(median(ok), median(staged)),
                          one_pair ? spread_entry(ok) : "-", share_entry(ok), verdict(ok)});
  }
  drop_empty_columns(table, 1);
  table.note +=
      legend(table, {{"->", "from the first GPU to the second"},
                     {"sum", one_pair ? "all bytes over the common window; spread and verdict are "
                                        "the sum's"
                                      : "all bytes over the common window; the verdict is on it"},
                     {"ratio", "sum over the staged sum"},
                     {"spread", spread_words}});
  if (engines) table.note += " kernel: by a copy kernel; the others by the copy engine.";
  return table;
}

}  // namespace peerbench::report
