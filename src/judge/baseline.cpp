// SPDX-License-Identifier: Apache-2.0
#include "judge/baseline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "judge/context.hpp"
#include "judge/describe_cells.hpp"
#include "judge/matching.hpp"
#include "measure/statistics.hpp"

namespace peerbench::judge {

using machine::Evidence;
using result::Cell;
using result::Check;
using result::Outcome;
using result::Run;
using result::Status;

namespace {

constexpr std::size_t lines_shown = 12;

/// The rows of a comparison, by what became of them.
struct Changes {
  struct Row {
    double drop;  ///< of the baseline's median; the larger the worse
    Evidence line;
  };
  std::vector<Row> regressed;  ///< the worst first
  std::vector<Evidence> within_spread, few_samples, other_size, left_out, only_before, only_now;
  int matched = 0;           ///< measured in both
  std::optional<Row> worst;  ///< of those that have not regressed
};

bool measured(const Cell* cell) {
  return cell != nullptr && cell->status == Status::ok && cell->median && *cell->median > 0;
}

std::string describe_interval(const std::optional<measure::Interval>& interval) {
  if (!interval) return "no interval";
  return fmt::format("{} to {}", format_precise(interval->low), format_precise(interval->high));
}

void compare_cells(const Cell& now, const Cell& before, double max_drop, Changes& changes) {
  ++changes.matched;
  const bool time = smaller_is_better(now);
  const double change = (*now.median - *before.median) / *before.median;
  const double drop = time ? change : -change;
  const auto is = measure::median_interval(now.samples);
  const auto was = measure::median_interval(before.samples);
  const Evidence line{
      now.name, describe_figure(now),
      fmt::format("{} before: {:.1f} % {}; 95 % intervals of the medians {} and {}",
                  describe_figure(before), std::abs(change) * 100, change < 0 ? "lower" : "higher",
                  describe_interval(is), describe_interval(was))};
  if (drop <= max_drop) {
    if (!changes.worst || drop > changes.worst->drop) changes.worst = {drop, line};
    return;
  }
  if (!is || !was) {
    changes.few_samples.push_back(line);
  } else if (time ? is->low > was->high : is->high < was->low) {
    changes.regressed.push_back({drop, line});
  } else {
    changes.within_spread.push_back(line);
  }
}

void sort_row(const Match& row, double max_drop, Changes& changes) {
  const Cell* before = row.cells[0];
  const Cell* now = row.cells[1];
  if (measured(before) && measured(now)) {
    if (before->name != now->name || before->unit != now->unit) {
      changes.other_size.push_back({now->name, "before " + before->name, "not the same size"});
    } else {
      compare_cells(*now, *before, max_drop, changes);
    }
  } else if (measured(before) && now != nullptr &&
             (failed(*now) || now->status == Status::unsupported)) {
    changes.regressed.push_back(
        {1,
         {now->name, describe_figure(*now), describe_figure(*before) + " before; " + now->reason}});
    ++changes.matched;
  } else if (measured(before) && now != nullptr && now->skip == result::Skip::time_limit) {
    changes.left_out.push_back(
        {before->name, "left out by the time limit", describe_figure(*before) + " before"});
  } else if (measured(before)) {
    changes.only_before.push_back(
        {before->name, "not measured", describe_figure(*before) + " before"});
  } else if (measured(now)) {
    changes.only_now.push_back({now->name, describe_figure(*now), "not measured before"});
  }
}

Changes changes_between(const Run& baseline, const Run& run, double max_drop) {
  const Run* both[] = {&baseline, &run};
  Changes changes;
  for (const Match& row : match(both)) sort_row(row, max_drop, changes);
  std::ranges::stable_sort(changes.regressed, std::ranges::greater(), &Changes::Row::drop);
  return changes;
}

std::vector<Evidence> lines(const std::vector<Changes::Row>& rows) {
  std::vector<Evidence> made;
  for (const auto& row : rows) made.push_back(row.line);
  return made;
}

void add_evidence(const Changes& changes, std::vector<Evidence>& evidence) {
  add_some(lines(changes.regressed), lines_shown, "regressed too", evidence);
  add_some(changes.few_samples, lines_shown, "with too few samples too", evidence);
  add_some(changes.within_spread, lines_shown, "within the spread too", evidence);
  add_some(changes.other_size, lines_shown, "of another size too", evidence);
  if (changes.worst) {
    Evidence worst = changes.worst->line;
    worst.meaning = "of the others the largest change for the worse; " + worst.meaning;
    if (changes.worst->drop > 0) evidence.push_back(worst);
  }
  add_some(changes.left_out, lines_shown, "left out too", evidence);
  add_some(changes.only_before, lines_shown, "not measured either", evidence);
  add_some(changes.only_now, lines_shown, "not measured before either", evidence);
  if (evidence.empty()) {
    evidence.push_back({"cells in both", fmt::format("{}", changes.matched), ""});
  }
}

std::string describe_regression(const Changes& changes, double max_drop) {
  const Evidence& worst = changes.regressed.front().line;
  return fmt::format("{} of {} cells regressed by more than {:.4g} %; the worst is {} with {} ({})",
                     changes.regressed.size(), changes.matched, max_drop * 100, worst.asked,
                     worst.answer, worst.meaning);
}

void not_alike(const std::vector<result::ContextLine>& unlike, Check& result) {
  result.outcome = Outcome::cannot_tell;
  std::vector<Evidence> first;
  for (const auto& line : unlike) {
    result.reason += (result.reason.empty() ? "" : ", ") + line.what;
    first.push_back({line.what, line.values[1], line.values[0] + " before"});
  }
  result.reason = "the two were not measured alike: other " + result.reason;
  result.evidence.insert(result.evidence.begin(), first.begin(), first.end());
  result.advice =
      "measure both alike, or make this result the new baseline; `peerbench compare` shows the two "
      "side by side";
}

void judge_changes(const Changes& changes, double max_drop, Check& result) {
  const std::size_t unsure = changes.few_samples.size() + changes.other_size.size();
  if (!changes.regressed.empty()) {
    result.outcome = Outcome::not_met;
    result.reason = describe_regression(changes, max_drop);
    result.advice =
        "`peerbench machine` says what is odd now; `peerbench compare` shows the two "
        "side by side";
  } else if (unsure > 0) {
    result.outcome = Outcome::cannot_tell;
    result.reason = fmt::format(
        "of {} cells it cannot be told: {} dropped by more than {:.4g} % with fewer than {} "
        "samples, {} had another size or other threads",
        unsure, changes.few_samples.size(), max_drop * 100, measure::fewest_for_interval,
        changes.other_size.size());
    result.advice = "measure again with the same --sizes, and more samples (a larger --budget)";
  } else if (!changes.left_out.empty()) {
    result.outcome = Outcome::cannot_tell;
    result.reason = fmt::format("the time limit left out {} that the baseline has",
                                with_count(changes.left_out.size(), "cell"));
    result.advice = more_time;
  } else if (changes.matched == 0) {
    result.outcome = Outcome::cannot_tell;
    result.reason = "no cell was measured in both";
    result.advice = "measure the same cells in both, see `peerbench list`";
  } else {
    result.outcome = Outcome::met;
    result.reason = fmt::format(
        "none of {} cells regressed by more than {:.4g} % beyond the spread "
        "of its samples",
        changes.matched, max_drop * 100);
  }
}

}  // namespace

Check check_baseline(const Run& run, const Run& baseline, const std::string& name,
                     double max_drop) {
  Check result;
  result.requirement = fmt::format("no drop of more than {:.4g} % since {}", max_drop * 100, name);
  const Changes changes = changes_between(baseline, run, max_drop);
  add_evidence(changes, result.evidence);
  if (const auto differs = unlike(baseline, run); !differs.empty()) {
    not_alike(differs, result);
    return result;
  }
  judge_changes(changes, max_drop, result);
  std::vector<Evidence> lost;
  for (const std::string& words : lost_links(baseline, run)) {
    lost.push_back({"link lost since then", words,
                    "counted as what slowed the cells, not as "
                    "another way of measuring"});
  }
  result.evidence.insert(result.evidence.begin(), lost.begin(), lost.end());
  return result;
}

}  // namespace peerbench::judge
