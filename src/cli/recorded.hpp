// SPDX-License-Identifier: Apache-2.0
// Result files that commands read.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "result/run.hpp"

namespace peerbench::cli {

/// The runs of `files`, all read before any is used.
Expected<std::vector<result::Run>> read_results(const std::vector<std::string>& files);

/// Keeps the cells that `filter` selects, of each run; all where it is empty. ErrorKind::usage
/// where it is no regular expression, ErrorKind::unsupported where no run has such a cell.
Expected<void> keep_selected(std::vector<result::Run>& runs, const std::string& filter);

}  // namespace peerbench::cli
