// SPDX-License-Identifier: Apache-2.0
#include "judge/compare.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "judge/chosen_part.hpp"
#include "judge/compare_answers.hpp"
#include "judge/context.hpp"
#include "judge/describe_cells.hpp"
#include "judge/families.hpp"
#include "judge/matching.hpp"
#include "judge/peer_link.hpp"
#include "measure/statistics.hpp"

namespace peerbench::judge {

using result::Cell;
using result::ComparedFigure;
using result::ComparedGroup;
using result::ComparedRow;
using result::Comparison;
using result::Run;
using result::Status;

namespace {

/// Why a run without this cell has none; `alike` is the cell of another run.
std::string why_absent(const Run& run, const Cell& alike) {
  const std::set<int> cards = gpus_of(alike);
  const int count = static_cast<int>(run.machine.gpus.size());
  if (cards.empty() || *cards.rbegin() < count) return "not measured";
  return cards.size() > 1 ? "no such link" : "no such GPU";
}

std::string why_no_figure(const Cell& cell) {
  if (cell.status == Status::unsupported) {
    return cell.key.family == result::Family::peer || cell.key.kind == result::Kind::push
               ? "no such link"
               : "not possible";
  }
  return failed(cell) ? name(cell.status) : "not measured";
}

ComparedFigure figure(const Run& run, const Cell* cell, const Cell& alike) {
  ComparedFigure made;
  made.cell = cell;
  if (cell == nullptr) {
    made.missing = why_absent(run, alike);
  } else if (cell->status != Status::ok || !cell->median) {
    made.missing = why_no_figure(*cell);
  } else if (const auto interval = measure::median_interval(cell->samples)) {
    made.low = interval->low;
    made.high = interval->high;
  }
  return made;
}

void set_ratio(ComparedFigure& figure, const ComparedFigure& first) {
  if (!figure.missing.empty() || !first.missing.empty()) return;
  if (figure.cell->unit != first.cell->unit || !(*first.cell->median > 0)) return;
  figure.ratio = *figure.cell->median / *first.cell->median;
  if (!figure.low || !first.low || !(*first.low > 0)) return;
  figure.ratio_low = *figure.low / *first.high;
  figure.ratio_high = *figure.high / *first.low;
  figure.ratio_spread =
      std::max(*figure.ratio_high - *figure.ratio, *figure.ratio - *figure.ratio_low) /
      *figure.ratio;
}

/// What medians that were sampled to a precision of 1 % may lie apart without a difference.
constexpr double noise = 0.01;

/// Whether all figures are there and lie within their noise of the first.
bool alike_within_noise(const ComparedRow& row) {
  return std::ranges::all_of(row.figures, [&](const ComparedFigure& figure) {
    if (&figure == row.figures.data()) return figure.missing.empty();
    return figure.ratio &&
           std::abs(*figure.ratio - 1) <= std::max(noise, figure.ratio_spread.value_or(0));
  });
}

/// What no run has a figure of says nothing of how they differ, unless it failed.
bool says_something(const ComparedRow& row) {
  return std::ranges::any_of(row.figures, [](const ComparedFigure& figure) {
    return figure.missing.empty() || (figure.cell != nullptr && failed(*figure.cell));
  });
}

ComparedRow row_of(const Match& match, std::span<const Run> runs, const Cell& alike) {
  ComparedRow row{match.name, {}, false};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    row.figures.push_back(figure(runs[i], match.cells[i], alike));
    if (i > 0) set_ratio(row.figures[i], row.figures[0]);
  }
  row.alike = alike_within_noise(row);
  return row;
}

}  // namespace

Comparison compare(std::span<const Run> runs, std::vector<std::string> files) {
  Comparison comparison;
  comparison.files = std::move(files);
  comparison.context = context(runs);
  for (const Run& run : runs) comparison.runs.push_back(&run);
  compare_answers(comparison);
  for (const Match& found : match(comparison.runs)) {
    const Cell& alike = **std::ranges::find_if(found.cells, [](auto* cell) { return cell; });
    const ComparedGroup group = rules_of(alike.key.family).group(alike);
    auto rows = std::ranges::find(comparison.groups, group, &result::ComparedRows::group);
    if (rows == comparison.groups.end()) rows = comparison.groups.insert(rows, {group, {}});
    ComparedRow row = row_of(found, runs, alike);
    if (says_something(row)) rows->rows.push_back(std::move(row));
  }
  std::erase_if(comparison.groups, [](const auto& group) { return group.rows.empty(); });
  std::ranges::sort(comparison.groups, {}, &result::ComparedRows::group);
  return comparison;
}

}  // namespace peerbench::judge
