// SPDX-License-Identifier: Apache-2.0
#include "judge/compare_answers.hpp"

#include <algorithm>
#include <vector>

#include "judge/conclusion.hpp"

namespace peerbench::judge {

using result::AnswerLine;
using result::BestWay;
using result::ComparedAnswer;
using result::Comparison;
using result::Conclusion;
using result::Join;
using result::Measured;
using result::PeerGroup;
using result::Slower;
using result::Spread;

namespace {

using Rate = std::optional<double>;

/// Medians: of all pairs joined alike, of all GPUs.
Rate median_of(const std::optional<Spread>& spread) {
  return spread ? Rate(spread->median) : std::nullopt;
}

/// Groups are in order, best joined first; of each what was measured.
BestWay best_way(const Conclusion& conclusion) {
  for (const PeerGroup& group : conclusion.groups) {
    if (group.one_way || group.both_ways) {
      return {group, median_of(group.one_way), median_of(group.both_ways), false};
    }
  }
  for (const PeerGroup& group : conclusion.groups) {
    if (group.staged_one_way || group.staged_both_ways) {
      return {group, median_of(group.staged_one_way), median_of(group.staged_both_ways), true};
    }
  }
  return {};
}

Slower why_slower(const BestWay& slow, const BestWay& fast) {
  if (!slow.group || !fast.group) return Slower::unknown;
  if (slow.staged && !fast.staged) {
    return slow.group->join == Join::refused ? Slower::not_allowed : Slower::not_tried;
  }
  if (slow.staged || fast.staged || fast.group->join != Join::nvlink) return Slower::unknown;
  if (slow.group->join == Join::pcie) return Slower::no_nvlink;
  if (slow.group->join != Join::nvlink) return Slower::unknown;
  if (partly_down(*slow.group)) return Slower::links_down;
  if (slow.group->links_up && fast.group->links_up &&
      *slow.group->links_up < *fast.group->links_up) {
    return Slower::fewer_links;
  }
  return slow.group->low && !fast.group->low ? Slower::slow_link : Slower::unknown;
}

/// The figure that the page puts first for such a line.
Rate rate_of(const AnswerLine& line) {
  if (line.what == Measured::gpu_memory) return median_of(line.copy);
  for (const auto* spread : {&line.one_way, &line.read, &line.copy, &line.write}) {
    if (*spread) return (*spread)->median;
  }
  return std::nullopt;
}

Rate staged_of(const Conclusion& conclusion) {
  for (const PeerGroup& group : conclusion.groups) {
    if (group.staged_one_way) return group.staged_one_way->median;
  }
  return std::nullopt;
}

/// One row: what `rate` says of each run.
template <typename RateOf>
void add(Comparison& comparison, ComparedAnswer row, RateOf rate) {
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    row.rates.push_back(rate(i));
    const Rate &first = row.rates.front(), &own = row.rates.back();
    row.ratios.push_back(i > 0 && first && own && *first > 0 ? Rate(*own / *first) : std::nullopt);
  }
  if (std::ranges::any_of(row.rates, &Rate::has_value)) comparison.answers.push_back(row);
}

}  // namespace

void compare_answers(Comparison& comparison) {
  std::vector<Conclusion> conclusions;
  for (const result::Run* run : comparison.runs) {
    conclusions.push_back(conclude(*run));
    comparison.best.push_back(best_way(conclusions.back()));
  }
  const BestWay& first = comparison.best.front();
  for (std::size_t i = 1; i < comparison.best.size(); ++i) {
    const BestWay& own = comparison.best[i];
    const bool faster = own.one_way.value_or(0) > first.one_way.value_or(0);
    comparison.slower.push_back(faster ? why_slower(first, own) : why_slower(own, first));
  }
  using What = ComparedAnswer::What;
  add(comparison, {.what = What::best_one_way},
      [&](std::size_t i) { return comparison.best[i].one_way; });
  add(comparison, {.what = What::best_both_ways},
      [&](std::size_t i) { return comparison.best[i].both_ways; });
  add(comparison, {.what = What::staged}, [&](std::size_t i) { return staged_of(conclusions[i]); });
  for (const auto& [what, word] : result::vocabulary<Measured>) {
    add(comparison, {.what = What::line, .line = what}, [&](std::size_t i) -> Rate {
      const auto& lines = conclusions[i].lines;
      const auto line = std::ranges::find(lines, what, &AnswerLine::what);
      return line == lines.end() ? std::nullopt : rate_of(*line);
    });
  }
}

}  // namespace peerbench::judge
