// SPDX-License-Identifier: Apache-2.0
// What the tables of copies between GPUs have in common, those of rows and those of a matrix.
// Private to this module.
#pragma once

#include <optional>
#include <string>

#include "machine/machine.hpp"
#include "report/cells.hpp"

namespace peerbench::report {

/// "GPU to GPU, one way: copy engine, 256 MiB"; of several engines none is named.
std::string peer_title(const Cells& cells, const char* ways);

/// The cell of this kind that goes from `src` to `dst`; null when there is none.
const result::Cell* find_peer(const Cells& cells, result::Kind kind, const std::string& src,
                              const std::string& dst);

/// Few pairs, one way: a row for each direction, and for each engine where there are several.
Table peer_rows_one_way(const Cells& cells);

/// Few pairs, both ways at once: a row for each way of copying.
Table peer_rows_both_ways(const Cells& cells);

/// The cells' pairs, many of them in short: "gpu0 <-> gpu1", "4 pairs, both ways (0-1, ...)".
std::string pairs_of(const Cells& cells, const machine::Machine& machine);

/// A matrix of durations: from the row's GPU to the column's, or if `both` between them. It has no
/// rows where no cell is ok; a pair that cannot says "no way".
Table time_matrix(std::string title, std::string note, const Cells& cells, bool both,
                  const machine::Machine& machine);

/// Cells of one kind, engine and size between many GPUs: from the row's GPU to the column's, or
/// if `both` the sum of both ways. A pair that lies more than a tenth below the median of those
/// joined alike is marked, and told of below.
Table peer_matrix(const Cells& cells, bool both, const machine::Machine& machine);

}  // namespace peerbench::report
