// Builders from a run to what is shown of it: pure functions, no format, no arithmetic beyond the
// ratio of two figures printed in the same row.
#pragma once

#include <vector>

#include "report/document.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// Copies between cards: for one pair a row a direction and a table of both ways at once, for more
/// pairs a matrix for each way. One set for each engine and size.
std::vector<Table> peer_tables(const result::Run& run);

/// What the memory pools deliver, the cards' own and the host's; one table where they are one pool.
std::vector<Table> pool_tables(const result::Run& run);

/// Start and rate of each way of copying that was measured at several sizes; empty if there is
/// none.
std::vector<Table> fit_tables(const result::Run& run);

/// Cells that no other table shows, by name; so that none is ever left out. Empty if there are
/// none.
std::vector<Table> other_tables(const result::Run& run);

/// The whole page for a run.
Document run_document(const result::Run& run);

/// The page of `peerbench machine`: what is in the box, the class, and why. Cells are ignored.
Document machine_document(const result::Run& run);

/// The page of `peerbench check`: what was required, what it came to, and why.
Document check_document(const result::Run& run);

}  // namespace peerbench::report
