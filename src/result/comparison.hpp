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

struct Comparison {
  std::vector<std::string> files;  ///< as they were given
  std::vector<const Run*> runs;
  std::vector<ContextLine> context;
  std::vector<ComparedRows> groups;  ///< in the order of ComparedGroup, none empty
};

}  // namespace peerbench::result
