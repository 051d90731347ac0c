// SPDX-License-Identifier: Apache-2.0
#include "report/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/numbers.hpp"
#include "report/groups.hpp"
#include "result/cell_key.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;
using result::Verdict;

/// A rule without what the header says (traffic) and over which window; the file has it in full.
std::string short_rule(std::string rule) {
  if (rule.starts_with("traffic: ")) rule.erase(0, 9);
  const auto window = rule.find(" over the ");
  if (window != std::string::npos) rule.erase(window);
  if (rule.ends_with(',')) rule.pop_back();
  return rule;
}

bool is_ok(const Cell* cell) { return cell != nullptr && cell->status == Status::ok; }

bool any_says(const Table& table, std::size_t column, const std::string& words) {
  return std::ranges::any_of(table.rows,
                             [&](const auto& row) { return row[column].words == words; });
}

/// Whether no row of the column has a figure or a verdict.
bool says_nothing(const Table& table, std::size_t column) {
  return std::ranges::all_of(table.rows, [&](const auto& row) {
    const std::string& words = row[column].words;
    return words == "-" || words == name(Verdict::no_ceiling) || words == name(Verdict::not_judged);
  });
}

}  // namespace

bool is_peer(const Cell& cell) {
  return cell.key.family == result::Family::peer && !cell.key.by_address &&
         (cell.key.kind == result::Kind::push || cell.key.kind == result::Kind::pull ||
          cell.key.kind == result::Kind::staged) &&
         of_a_pair(cell.key.shape);
}

bool is_many(const Cell& cell) {
  return cell.key.family == result::Family::peer && cell.key.shape != result::Shape::none &&
         !of_a_pair(cell.key.shape);
}

bool is_latency(const Cell& cell) {
  return cell.key.family == result::Family::latency && cell.unit == "us" &&
         (cell.key.op == result::Op::copy || cell.key.op == result::Op::submission) &&
         (cell.key.kind == result::Kind::push || cell.key.kind == result::Kind::pull ||
          cell.key.kind == result::Kind::staged);
}

bool is_load(const Cell& cell) {
  return cell.key.family == result::Family::latency && cell.key.op == result::Op::chase &&
         cell.key.engine == result::Engine::sm;
}

bool is_fault(const Cell& cell) {
  return cell.key.family == result::Family::latency && cell.key.op == result::Op::fault;
}

bool is_flag(const Cell& cell) {
  return cell.key.family == result::Family::latency && cell.unit == "us" &&
         cell.key.op == result::Op::ping_pong;
}

bool is_host(const Cell& cell) {
  return cell.key.family == result::Family::host &&
         (cell.key.kind == result::Kind::h2d || cell.key.kind == result::Kind::d2h ||
          cell.key.kind == result::Kind::both);
}

std::string describe_shape(const Cell& cell) {
  std::string words = cell.direction;
  std::ranges::replace(words, '-', ' ');
  // What all transfers share is their one source or their one destination.
  if (cell.src.empty() == cell.dst.empty()) return words;
  return fmt::format("{} ({})", words, cell.src.empty() ? cell.dst : cell.src);
}

bool is_pool(const Cell& cell) { return cell.key.family == result::Family::pool; }

bool is_together(const Cell& cell) {
  return is_pool(cell) && cell.key.kind == result::Kind::together;
}

std::string gpu_memory(const Cell& cell) {
  const auto& load = cell.key.background;
  return load && load->memory ? to_string(*load->memory) : "";
}

std::string describe_background(const Cell& cell) {
  return cell.key.background ? to_string(*cell.key.background) : "";
}

bool is_remote(const Cell& cell) {
  return cell.key.engine == result::Engine::cpu && cell.key.workers &&
         (is_pool(cell) || is_chase(cell));
}

bool is_drivers_memory(const Cell& cell) {
  return cell.key.engine == result::Engine::cpu && (cell.key.memory == result::MemoryKind::pinned ||
                                                    cell.key.memory == result::MemoryKind::managed);
}

bool is_chase(const Cell& cell) {
  return cell.key.family == result::Family::latency && cell.key.op == result::Op::chase &&
         cell.key.engine == result::Engine::cpu;
}

bool is_collective(const Cell& cell) { return cell.key.family == result::Family::collective; }

bool is_split(const Cell& cell) { return cell.key.family == result::Family::split; }

std::string describe_gpus(const Cell& cell) {
  std::string words;
  for (const int gpu : cell.key.gpus)
    words += fmt::format("{}gpu{}", words.empty() ? "" : ", ", gpu);
  return words;
}

Cells select(const Cells& cells, const std::function<bool(const Cell&)>& matches) {
  Cells selected;
  std::ranges::copy_if(cells, std::back_inserter(selected),
                       [&](const Cell* cell) { return matches(*cell); });
  return selected;
}

const Cell* find_cell(const Cells& cells, const std::function<bool(const Cell&)>& matches) {
  const auto at = std::ranges::find_if(cells, [&](const Cell* cell) { return matches(*cell); });
  return at == cells.end() ? nullptr : *at;
}

Cells select(const result::Run& run, const std::function<bool(const Cell&)>& matches) {
  Cells all;
  for (const Cell& cell : run.cells) all.push_back(&cell);
  return select(all, matches);
}

std::string describe_core(const Cell& cell) {
  if (cell.cores == "one") return "";
  return cell.cores.starts_with("one-") ? cell.cores.substr(4) : cell.cores;
}

std::string describe_status(Status status) {
  return status == Status::unsupported ? "not possible" : name(status);
}

Text figure(const Cell* cell) {
  if (cell == nullptr) return "-";
  if (cell->status == Status::ok) {
    if (cell->verdict == Verdict::low) return {format_rate(cell->median) + "*", Tone::bad};
    return format_rate(cell->median);
  }
  const bool wrong = cell->status != Status::unsupported && cell->status != Status::skipped;
  return {describe_status(cell->status), wrong ? Tone::bad : Tone::plain};
}

std::string spread_entry(const Cell* cell) {
  return is_ok(cell) ? format_range(cell->p05, cell->p95) : "-";
}
std::string range_entry(const Cell* cell) {
  return is_ok(cell) ? format_range(cell->min, cell->max) : "-";
}
std::string cv_entry(const Cell* cell) { return is_ok(cell) ? format_cv(cell->cv) : "-"; }
std::string share_entry(const Cell* cell) {
  return is_ok(cell) ? format_share(cell->efficiency) : "-";
}
std::string size_entry(const Cell* cell) { return cell->bytes ? format_bytes(*cell->bytes) : "-"; }

Text verdict(const Cell* cell) {
  if (!is_ok(cell)) return "-";
  const Tone tone = cell->verdict == Verdict::low    ? Tone::bad
                    : cell->verdict == Verdict::good ? Tone::good
                                                     : Tone::plain;
  return {name(cell->verdict), tone};
}

std::string describe_counts(const Cells& cells) {
  const auto rule = [](const Cell& cell) -> std::string {
    if (!cell.counting_rule.empty()) return short_rule(cell.counting_rule);
    return row_of(cell.counts)->rule;
  };
  TextGroups rules;  // the rule, the operations it is for
  std::string unit = "GB/s";
  for (const Cell* cell : cells) {
    unit = cell->unit;
    const std::string words = rule(*cell);
    if (!words.empty()) add_once(rules, words, cell->op);
  }
  if (rules.size() == 1) return fmt::format("{}, {}", unit, rules.front().key);
  std::string words = unit;
  for (const auto& one : rules) words += fmt::format("; {}: {}", names_of(one), one.key);
  return words;
}

void drop_empty_columns(Table& table, std::size_t first_optional, const std::string& unjudged) {
  const std::string unknown = name(Verdict::no_ceiling), not_judged = name(Verdict::not_judged);
  bool any_unknown = false, any_unjudged = false;
  for (std::size_t column = table.columns.size(); column-- > first_optional;) {
    any_unknown = any_unknown || any_says(table, column, unknown);
    any_unjudged = any_unjudged || any_says(table, column, not_judged);
    if (says_nothing(table, column)) drop_column(table, column);
  }
  const bool shown = !table.columns.empty() && table.columns.back().heading == "verdict";
  if (any_unknown) {
    table.remarks.emplace_back(shown || any_unjudged
                                   ? "no-ceiling: what it could reach is not known."
                                   : "No verdict: what these could reach is not known.");
  }
  if (any_unjudged) {
    table.remarks.emplace_back(fmt::format("{}: {}.", shown ? not_judged : "No verdict", unjudged));
  }
}

void drop_column(Table& table, std::size_t column) {
  const auto at = static_cast<std::ptrdiff_t>(column);
  table.columns.erase(table.columns.begin() + at);
  for (auto& row : table.rows) row.erase(row.begin() + at);
}

std::string legend(const Table& table,
                   std::initializer_list<std::pair<const char*, const char*>> meanings) {
  std::string words;
  for (const auto& [heading, meaning] : meanings) {
    if (std::ranges::find(table.columns, heading, &Column::heading) == table.columns.end())
      continue;
    words += fmt::format(" {}: {}.", heading, meaning);
  }
  return words;
}

}  // namespace peerbench::report
