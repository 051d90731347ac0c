// SPDX-License-Identifier: Apache-2.0
#include "judge/limits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/list_some.hpp"
#include "base/nearest.hpp"
#include "base/numbers.hpp"
#include "judge/describe_cells.hpp"
#include "judge/limits_share.hpp"
#include "result/cell_key.hpp"

namespace peerbench::judge {

using machine::Evidence;
using result::Cell;
using result::Check;
using result::Outcome;
using result::Status;

namespace {

constexpr std::size_t lines_shown = 12;

bool is_time(const Cell& cell) { return smaller_is_better(cell); }

double microseconds(const Cell& cell, double value) {
  return cell.unit == "ns" ? value * 1e-3 : value;
}

bool in_unit_of(const Cell& cell, const Limit& limit) {
  if (limit.kind == Limit::Kind::time) return is_time(cell);
  return is_share(limit.kind) ? !is_time(cell) : cell.unit == "GB/s";
}

bool names(const std::string& pattern, const std::string& name) {
  if (fnmatch(pattern.c_str(), name.c_str(), 0) == 0) return true;
  return fnmatch(pattern.c_str(), result::without_size(name).c_str(), 0) == 0;
}

bool is_staged(const Cell& cell) { return cell.key.kind == result::Kind::staged; }

std::string describe_limit(const Limit& limit) {
  switch (limit.kind) {
    case Limit::Kind::rate:
      return format_precise(limit.value) + " GB/s";
    case Limit::Kind::time:
      return format_precise(limit.value) + " us";
    case Limit::Kind::full_share:
      return format_precise(limit.value * 100) +
             " % of its ceiling with all NVLinks that are there";
    case Limit::Kind::share:
      break;
  }
  return format_precise(limit.value * 100) + " % of its ceiling";
}

/// How far a cell is beyond a limit, as a part of the limit; negative where it keeps it. None where
/// that cannot be told.
std::optional<double> beyond(const result::Run& run, const Cell& cell, const Limit& limit) {
  switch (limit.kind) {
    case Limit::Kind::rate:
      return (limit.value - *cell.median) / limit.value;
    case Limit::Kind::time:
      return (microseconds(cell, *cell.median) - limit.value) / limit.value;
    case Limit::Kind::share:
    case Limit::Kind::full_share:
      break;
  }
  const auto reached = share_of(run, cell, limit.kind);
  if (!reached) return {};
  return (limit.value - reached->share) / limit.value;
}

/// "6.79 GB/s (15.1 %) below 45 GB/s".
std::string by_how_much(const result::Run& run, const Cell& cell, const Limit& limit, double part) {
  const std::string wanted = describe_limit(limit);
  switch (limit.kind) {
    case Limit::Kind::rate:
      return fmt::format("{} GB/s ({:.1f} %) below {}", format_precise(limit.value - *cell.median),
                         part * 100, wanted);
    case Limit::Kind::time:
      return fmt::format("{} us ({:.1f} %) above {}",
                         format_precise(microseconds(cell, *cell.median) - limit.value), part * 100,
                         wanted);
    case Limit::Kind::share:
    case Limit::Kind::full_share:
      break;
  }
  return fmt::format("{}, {:.1f} percentage points below {}",
                     describe_share(*share_of(run, cell, limit.kind), cell.unit),
                     part * limit.value * 100, wanted);
}

/// The cells that a limit is about, by what became of them.
struct Sorted {
  struct Low {
    const Cell* cell;
    double part;
  };
  std::vector<Low> low;  ///< the worst first
  std::vector<const Cell*> kept, failed, not_measured, left_out, no_ceiling;
  int other_unit = 0;
  int staged = 0;
  std::string unit;  ///< of the cells in another unit
};

Sorted sort_cells(const result::Run& run, const Limit& limit) {
  Sorted sorted;
  const bool staged_too = limit.pattern.find("staged") != std::string::npos;
  for (const Cell& cell : run.cells) {
    if (!names(limit.pattern, cell.name)) continue;
    if (is_staged(cell) && !staged_too) {
      ++sorted.staged;
    } else if (!in_unit_of(cell, limit)) {
      ++sorted.other_unit;
      sorted.unit = cell.unit;
    } else if (failed(cell)) {
      sorted.failed.push_back(&cell);
    } else if (cell.skip == result::Skip::time_limit) {
      sorted.left_out.push_back(&cell);
    } else if (cell.status != Status::ok || !cell.median) {
      sorted.not_measured.push_back(&cell);
    } else if (const auto part = beyond(run, cell, limit); !part) {
      sorted.no_ceiling.push_back(&cell);
    } else if (*part > 0) {
      sorted.low.push_back({&cell, *part});
    } else {
      sorted.kept.push_back(&cell);
    }
  }
  std::ranges::stable_sort(sorted.low, std::ranges::greater(), &Sorted::Low::part);
  return sorted;
}

std::vector<Evidence> lines_of(const std::vector<const Cell*>& cells) {
  std::vector<Evidence> lines;
  for (const Cell* cell : cells) {
    lines.push_back({cell->name, describe_figure(*cell),
                     cell->status == Status::ok ? cell->verdict_reason : cell->reason});
  }
  return lines;
}

void add_cell_evidence(const result::Run& run, const Sorted& sorted, const Limit& limit,
                       std::vector<Evidence>& evidence) {
  std::vector<Evidence> low;
  for (const auto& [cell, part] : sorted.low) {
    low.push_back({cell->name, describe_figure(*cell), by_how_much(run, *cell, limit, part)});
  }
  add_some(low, lines_shown, "beyond the limit too", evidence);
  add_some(lines_of(sorted.failed), lines_shown, "failed too", evidence);
  add_some(lines_of(sorted.no_ceiling), lines_shown, "without a ceiling too", evidence);
  add_some(lines_of(sorted.left_out), lines_shown, "left out too", evidence);
  add_some(lines_of(sorted.not_measured), lines_shown, "not measured either", evidence);
  std::vector<Evidence> kept;
  for (const Cell* cell : sorted.kept) {
    std::string share;
    if (is_share(limit.kind)) {
      share = describe_share(*share_of(run, *cell, limit.kind), cell->unit);
    }
    kept.push_back({cell->name, describe_figure(*cell), share});
  }
  add_some(kept, lines_shown, "within the limit too", evidence);
  if (sorted.staged > 0) {
    evidence.push_back({"staged cells", fmt::format("{} not judged", sorted.staged),
                        "the way through the host is judged only by a pattern that says staged"});
  }
  if (sorted.other_unit > 0) {
    evidence.push_back({"cells in " + sorted.unit, fmt::format("{} not judged", sorted.other_unit),
                        "the limit is in another unit"});
  }
}

/// Why a pattern names no cell that could be judged.
void nothing_judged(const result::Run& run, const Limit& limit, const Sorted& sorted,
                    Check& result) {
  result.outcome = Outcome::not_met;
  result.advice = "measure what it names, see `peerbench list --full`, or write another pattern";
  if (!sorted.not_measured.empty()) {
    const Cell& first = *sorted.not_measured.front();
    result.reason = fmt::format("nothing that it names was measured: {} is {} ({})", first.name,
                                describe_figure(first), first.reason);
  } else if (sorted.other_unit > 0) {
    result.reason =
        fmt::format("the cells that it names are in {}, not in the limit's unit", sorted.unit);
  } else if (sorted.staged > 0) {
    result.reason =
        "it names staged cells alone, and those are judged only by a pattern that says staged";
  } else {
    std::vector<std::string> all;
    for (const Cell& cell : run.cells) all.push_back(cell.name);
    result.reason = fmt::format("not measured: it names none of the result's {} cells{}",
                                run.cells.size(), did_you_mean(limit.pattern, all));
    result.evidence.push_back({"cells of the result", fmt::format("{}", run.cells.size()),
                               all.empty() ? "" : "the first is " + all.front()});
  }
}

/// "3 of 12 cells".
std::string of_cells(std::size_t some, std::size_t all) {
  return fmt::format("{} of {}", some, with_count(all, "cell"));
}

std::string untold(const Limit& limit, const Sorted& sorted, std::size_t judged) {
  return fmt::format("{} cannot be told, because {}", of_cells(sorted.no_ceiling.size(), judged),
                     limit.kind == Limit::Kind::full_share
                         ? "what all NVLinks that are there would carry is not known"
                         : "no ceiling is known");
}

/// Some cells are beyond the limit, or failed.
void not_kept(const result::Run& run, const Limit& limit, const Sorted& sorted, std::size_t judged,
              Check& result) {
  result.outcome = Outcome::not_met;
  std::vector<std::string> reasons;
  if (!sorted.low.empty()) {
    const auto& [worst, part] = sorted.low.front();
    reasons.push_back(fmt::format("{} {} the limit; the worst is {} with {}: {}",
                                  of_cells(sorted.low.size(), judged),
                                  limit.kind == Limit::Kind::time ? "above" : "below", worst->name,
                                  describe_figure(*worst), by_how_much(run, *worst, limit, part)));
  }
  if (!sorted.failed.empty()) {
    const Cell& first = *sorted.failed.front();
    reasons.push_back(fmt::format("{} failed, {} with {}", of_cells(sorted.failed.size(), judged),
                                  first.name, describe_figure(first)));
  }
  if (!sorted.no_ceiling.empty()) reasons.push_back(untold(limit, sorted, judged));
  result.reason = fmt::format("{}", fmt::join(reasons, "; "));
  result.advice =
      "`peerbench report` shows the result with its reasons; after a change measure again";
}

}  // namespace

Check check(const result::Run& run, const Limit& limit) {
  Check result;
  result.requirement = limit.text;
  const Sorted sorted = sort_cells(run, limit);
  add_cell_evidence(run, sorted, limit, result.evidence);
  const std::size_t judged =
      sorted.low.size() + sorted.kept.size() + sorted.failed.size() + sorted.no_ceiling.size();
  if (judged == 0 && sorted.left_out.empty()) {
    nothing_judged(run, limit, sorted, result);
    return result;
  }
  if (!sorted.low.empty() || !sorted.failed.empty()) {
    not_kept(run, limit, sorted, judged, result);
  } else if (!sorted.left_out.empty()) {
    result.outcome = Outcome::cannot_tell;
    result.reason = fmt::format("{} left out by the run's time limit",
                                of_cells(sorted.left_out.size(), judged + sorted.left_out.size()) +
                                    (sorted.left_out.size() == 1 ? " was" : " were"));
    result.advice = more_time;
  } else if (!sorted.no_ceiling.empty()) {
    result.outcome = Outcome::cannot_tell;
    result.reason = untold(limit, sorted, judged);
    result.advice = "ask for a rate instead of a share, or name only cells with a ceiling";
  } else {
    result.outcome = Outcome::met;
    result.reason =
        judged == 1 ? fmt::format("the one cell that it names keeps to {}", describe_limit(limit))
                    : fmt::format("all {} cells keep to {}", judged, describe_limit(limit));
  }
  return result;
}

}  // namespace peerbench::judge
