// SPDX-License-Identifier: Apache-2.0
// What the parts of the page have in common. Private to this module.
#pragma once

#include <string>

#include "report/cells.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// With a capital letter, unless it begins with a name as gpu0, and a full stop.
std::string sentence(std::string words);

/// What a line of the answer is called: "memory of a GPU, copy".
std::string line_name(result::Measured what);

/// The conclusion's line about that; null where it was not measured.
const result::AnswerLine* find_line(const result::Conclusion& conclusion, result::Measured what);

/// The cells of that status.
Cells with(const result::Run& run, result::Status status);

}  // namespace peerbench::report
