// SPDX-License-Identifier: Apache-2.0
// Which cells --filter means.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace peerbench::result {

/// For each of `names` whether `filter` selects it: where it is a cell's name, that cell alone
/// (names may have what means something else in a regular expression, and may begin another one);
/// else every cell whose name contains a match of it as a regular expression; all where it is
/// empty. ErrorKind::usage where it is no regular expression.
Expected<std::vector<bool>> selected(std::span<const std::string> names, const std::string& filter);

}  // namespace peerbench::result
