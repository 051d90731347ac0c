// SPDX-License-Identifier: Apache-2.0
// A cell as one row of text: the scalar fields of its field list in that list's order, which is the
// order of columns wherever cells are rows.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "result/run.hpp"

namespace peerbench::result {

/// Name and text of a field; empty text where it does not apply or was not measured.
using FlatField = std::pair<std::string, std::string>;

/// Numbers in full. A struct's fields carry its name before theirs ("band_low"), a reference's
/// value its name alone ("ceiling"). Left out are lists but for that of GPUs, and of a cell that is
/// not ok what only an ok cell has.
std::vector<FlatField> flat_fields(const Cell& cell);

}  // namespace peerbench::result
