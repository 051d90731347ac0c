// SPDX-License-Identifier: Apache-2.0
// What the answers of several runs come to side by side. Private to this module.
#pragma once

#include "result/comparison.hpp"

namespace peerbench::judge {

/// Fills `best`, `slower` and `answers` from the runs.
void compare_answers(result::Comparison& comparison);

}  // namespace peerbench::judge
