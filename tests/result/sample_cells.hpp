// SPDX-License-Identifier: Apache-2.0
// Cells for tests, made as the program makes them: from a key, of which name and attributes follow.
#pragma once

#include <string>

#include "result/cell_key.hpp"
#include "result/run.hpp"

namespace peerbench::result {

/// Makes it the cell of that name; figures stay.
inline void rename(Cell& cell, const std::string& name) { set_key(cell, parse_name(name).value()); }

/// Changes its key, and with it what follows.
template <typename Change>
void rekey(Cell& cell, Change change) {
  CellKey key = cell.key;
  change(key);
  set_key(cell, key);
}

}  // namespace peerbench::result
