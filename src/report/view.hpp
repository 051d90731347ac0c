// SPDX-License-Identifier: Apache-2.0
// How much of a run is shown.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace peerbench::report {

/// From the verdict's line to every table.
enum class Detail { verdict, page, all };

/// Tables that belong together, as --section names them.
enum class TableGroup { peer, latency, host, pool, nccl, split, other };

const char* name(TableGroup group);
std::span<const TableGroup> all_table_groups();

/// Where a run's result is to be found again.
struct Kept {
  bool as_last = false;   ///< `peerbench report` shows it without a file
  std::string file = {};  ///< else that file does; empty: it was not kept
};

struct RunView {
  Detail detail = Detail::page;
  std::vector<TableGroup> sections = {};  ///< these tables and no others; empty: by `detail`
  Kept kept = {};
};

}  // namespace peerbench::report
