// SPDX-License-Identifier: Apache-2.0
// Several runs side by side, as judge/ matches them and report/ shows them. Plain data; pointers
// lead into the runs that were compared, which must outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "result/run.hpp"

namespace peerbench::result {

/// What one run says in a row.
struct ComparedFigure {
  const Cell* cell = nullptr;       ///< null: the run has no such cell
  std::string missing;              ///< why there is no figure: "not measured", "no such link"
  std::optional<double> low, high;  ///< 95 % interval of the median, in the cell's unit
  std::optional<double> ratio;      ///< its median over the first run's; none for the first
  std::optional<double> ratio_low, ratio_high;  ///< from the intervals of both, at their far ends
  std::optional<double> ratio_spread;  ///< from `ratio` to the farther end, as a share of it
};

/// One kind of figure in every run.
struct ComparedRow {
  std::string name;  ///< the cells' common name, without what differs (sizes, threads)
  std::vector<ComparedFigure> figures;  ///< one a run
  bool alike = false;  ///< every run has a figure, and they differ by no more than their noise
};

enum class ComparedGroup {
  one_way,
  both_ways,
  staged,
  several,
  split,  ///< messages of a split model
  collective,
  latency,
  cpu_loads,  ///< in nanoseconds
  pool,
  host
};

struct ComparedRows {
  ComparedGroup group = ComparedGroup::one_way;
  std::vector<ComparedRow> rows;
};

/// One thing that should be alike for figures to be comparable.
struct ContextLine {
  std::string what;                 ///< "driver", "links"
  std::vector<std::string> values;  ///< one a run, in words
  bool differs = false;
};

/// Why the best way between one run's GPUs is slower than between another's.
enum class Slower {
  unknown,      ///< nothing that was found out tells why
  not_allowed,  ///< the driver allows no direct copies
  not_tried,    ///< only staged copies were measured, and nothing says that others are refused
  links_down,   ///< NVLinks that are there are down
  fewer_links,  ///< fewer NVLinks join a pair
  no_nvlink,    ///< PCIe against NVLink
  slow_link,    ///< as many NVLinks, yet a rate under what healthy ones reach
};

/// The best way between the GPUs of a run: direct where copies are, else staged. GB/s.
struct BestWay {
  std::optional<PeerGroup> group;  ///< of the pairs that are joined best; none: no two GPUs
  std::optional<double> one_way, both_ways;
  bool staged = false;
};

/// Of what the answer of a run says: one row for all runs. GB/s.
struct ComparedAnswer {
  enum class What { best_one_way, best_both_ways, staged, line };
  What what = What::line;
  Measured line = Measured::host_link;             ///< where `what` is line
  std::vector<std::optional<double>> rates = {};   ///< one a run; none: not measured
  std::vector<std::optional<double>> ratios = {};  ///< to the first run's; none for the first
};

struct Comparison {
  std::vector<std::string> files;  ///< as they were given
  std::vector<const Run*> runs;
  std::vector<BestWay> best;  ///< one a run
  /// For each run but the first: why its best way is slower than the first run's or, where it is
  /// faster, why the first run's is.
  std::vector<Slower> slower;
  std::vector<ComparedAnswer> answers;  ///< only what at least one run measured
  std::vector<ContextLine> context;
  std::vector<ComparedRows> groups;  ///< in the order of ComparedGroup, none empty
};

}  // namespace peerbench::result
