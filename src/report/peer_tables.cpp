#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/numbers.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;

constexpr std::array kinds = {"push", "pull", "staged"};
constexpr const char* spread_words = "5th to 95th percentile";
constexpr const char* push_words = "with peer access, issued by the source's GPU";
constexpr const char* pull_words = "with peer access, issued by the destination's GPU";
constexpr const char* staged_words = "through host memory, without peer access";

/// Cells that stand side by side: one engine, one size, nothing else that tells them apart.
using Group = Cells;

std::vector<Group> groups(const Cells& cells) {
  const auto key = [](const Cell* c) { return std::tie(c->engine, c->bytes, c->mode, c->memory); };
  std::vector<Group> found;
  for (const Cell* cell : cells) {
    auto group = std::ranges::find_if(
        found, [&](const Group& candidate) { return key(candidate.front()) == key(cell); });
    if (group == found.end()) group = found.insert(group, Group{});
    group->push_back(cell);
  }
  return found;
}

std::string title(const Cells& cells, const char* ways) {
  const Cell& cell = *cells.front();
  std::string words = fmt::format("Card to card, {}: {}", ways, engine_words(cell.engine));
  if (!cell.mode.empty()) words += ", " + cell.mode;
  if (!cell.memory.empty() && cell.memory != "device") words += ", " + cell.memory + " memory";
  return cell.bytes ? words + ", " + format_bytes(*cell.bytes) : words;
}

const Cell* find(const Cells& cells, const std::string& kind, const std::string& src,
                 const std::string& dst) {
  const auto at = std::ranges::find_if(
      cells, [&](const Cell* c) { return c->kind == kind && c->src == src && c->dst == dst; });
  return at == cells.end() ? nullptr : *at;
}

const Cell* first_ok(std::initializer_list<const Cell*> candidates) {
  for (const Cell* cell : candidates) {
    if (cell != nullptr && cell->status == Status::ok) return cell;
  }
  return nullptr;
}

std::optional<double> median(const Cell* cell) { return cell ? cell->median : std::nullopt; }
std::string spread(const Cell* cell) { return cell ? format_range(cell->p05, cell->p95) : "-"; }
std::string of_link(const Cell* cell) { return cell ? format_share(cell->efficiency) : "-"; }

/// One pair, one way: a row for each direction.
Table one_way(const Cells& cells) {
  Table table{title(cells, "one way"),
              counting_words(cells) + ".",
              {{"from -> to", Align::left},
               {"push"},
               {"pull"},
               {"staged"},
               {"ratio"},
               {"spread"},
               {"of link"},
               {"verdict", Align::left}},
              {},
              remarks(cells)};
  std::vector<std::pair<std::string, std::string>> directions;
  for (const Cell* cell : cells) {
    const std::pair direction{cell->src, cell->dst};
    if (std::ranges::count(directions, direction) == 0) directions.push_back(direction);
  }
  for (const auto& [src, dst] : directions) {
    const Cell* push = find(cells, "push", src, dst);
    const Cell* pull = find(cells, "pull", src, dst);
    const Cell* staged = find(cells, "staged", src, dst);
    const Cell* peer = first_ok({push, pull});
    const Cell* main = first_ok({push, pull, staged});
    table.rows.push_back({src + " -> " + dst, figure(push), figure(pull), figure(staged),
                          format_ratio(median(peer), median(first_ok({staged}))), spread(main),
                          of_link(main), verdict(main)});
  }
  drop_empty_columns(table, 1);
  table.note += legend(table, {{"push", push_words},
                               {"pull", pull_words},
                               {"staged", staged_words},
                               {"ratio", "peer access over staged"},
                               {"spread", spread_words},
                               {"verdict", "on the leftmost rate, as are spread and of link"}});
  return table;
}

std::optional<double> flow(const Cell* cell, const std::string& src, const std::string& dst) {
  for (const auto& candidate : cell->flows) {
    if (candidate.src == src && candidate.dst == dst) return candidate.median;
  }
  return std::nullopt;
}

/// One pair, both ways at once: a row for each way of copying.
Table both_ways(const Cells& cells) {
  const std::string a = cells.front()->src, b = cells.front()->dst;
  Table table{title(cells, "both ways at once"),
              counting_words(cells) + ".",
              {{"way", Align::left},
               {fmt::format("{}\n-> {}", a, b)},
               {fmt::format("{}\n-> {}", b, a)},
               {"sum"},
               {"ratio"},
               {"spread"},
               {"of link"},
               {"verdict", Align::left}},
              {},
              remarks(cells)};
  const Cell* staged = first_ok({find(cells, "staged", a, b), find(cells, "staged", b, a)});
  for (const Cell* cell : cells) {
    const Cell* ok = first_ok({cell});
    table.rows.push_back({cell->kind, ok ? format_rate(flow(ok, a, b)) : "-",
                          ok ? format_rate(flow(ok, b, a)) : "-", figure(cell),
                          cell == staged ? "-" : format_ratio(median(ok), median(staged)),
                          spread(ok), of_link(ok), verdict(ok)});
  }
  drop_empty_columns(table, 1);
  table.note +=
      legend(table, {{"sum", "all bytes over the common window; spread and verdict are the sum's"},
                     {"ratio", "sum over the staged sum"},
                     {"spread", spread_words}});
  return table;
}

int number_of(const std::string& place) {
  const auto digits = place.find_first_of("0123456789");
  return digits == std::string::npos || place.size() - digits > 6 ? 0
                                                                  : std::stoi(place.substr(digits));
}

/// More pairs: a matrix for one way of copying.
Table matrix(const Cells& cells, bool both) {
  const std::string kind = cells.front()->kind;
  Table table{title(cells, both ? "both ways at once" : "one way") + ", " + kind,
              fmt::format("{}. {}", counting_words(cells),
                          both ? "Row and column: the two cards; the sum of both ways."
                               : "Bytes leave the row's card and arrive at the column's."),
              {},
              {},
              remarks(cells)};
  if (std::ranges::none_of(cells, [](const Cell* c) { return c->status == Status::ok; })) {
    return table;
  }
  const auto by_number = [](const std::string& a, const std::string& b) {
    return std::pair(number_of(a), a) < std::pair(number_of(b), b);
  };
  std::set<std::string, decltype(by_number)> cards(by_number);
  for (const Cell* cell : cells) cards.insert({cell->src, cell->dst});
  table.columns.push_back({both ? "" : "from \\ to", Align::left});
  for (const std::string& dst : cards) table.columns.push_back({dst});
  for (const std::string& src : cards) {
    auto& row = table.rows.emplace_back(std::vector<Text>{src});
    for (const std::string& dst : cards) {
      const Cell* cell = find(cells, kind, src, dst);
      if (cell == nullptr && both) cell = find(cells, kind, dst, src);
      // The long word would push eight columns off the page; the reason stands below.
      const bool impossible = cell != nullptr && cell->status == Status::unsupported;
      row.push_back(impossible ? Text("no way") : figure(cell));
    }
  }
  return table;
}

}  // namespace

std::vector<Table> peer_tables(const result::Run& run) {
  std::vector<Table> tables;
  const Cells peers = select(run, is_peer);
  std::set<std::set<std::string>> pairs;
  for (const Cell* cell : peers) pairs.insert({cell->src, cell->dst});
  for (const Group& group : groups(peers)) {
    for (const bool both : {false, true}) {
      const Cells cells =
          select(group, [&](const Cell& cell) { return (cell.direction == "bi") == both; });
      if (cells.empty()) continue;
      if (pairs.size() == 1) {
        tables.push_back(both ? both_ways(cells) : one_way(cells));
        continue;
      }
      for (const char* kind : kinds) {
        const Cells same = select(cells, [&](const Cell& cell) { return cell.kind == kind; });
        if (!same.empty()) tables.push_back(matrix(same, both));
      }
    }
  }
  return tables;
}

}  // namespace peerbench::report
