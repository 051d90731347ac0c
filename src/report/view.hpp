// SPDX-License-Identifier: Apache-2.0
// How much of a run is shown.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "result/words.hpp"

namespace peerbench::report {

/// From the verdict's line to every table.
enum class Detail { verdict, page, all };

/// Tables that belong together, as --section names them.
enum class TableGroup { peer, latency, host, pool, nccl, split, other };

}  // namespace peerbench::report

template <>
inline constexpr auto peerbench::result::vocabulary<peerbench::report::TableGroup> =
    std::to_array<Word<peerbench::report::TableGroup>>(
        {{peerbench::report::TableGroup::peer, "peer"},
         {peerbench::report::TableGroup::split, "split"},
         {peerbench::report::TableGroup::latency, "latency"},
         {peerbench::report::TableGroup::host, "host"},
         {peerbench::report::TableGroup::pool, "pool"},
         {peerbench::report::TableGroup::nccl, "nccl"},
         {peerbench::report::TableGroup::other, "other"}});

namespace peerbench::report {

using result::name;

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
