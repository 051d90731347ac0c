// SPDX-License-Identifier: Apache-2.0
// What this program is: version and the revision it was built from.
#pragma once

#include <string>

#include "result/run.hpp"

namespace peerbench::cli {

result::Tool tool();

/// "2026-01-31T12:00:00Z": now, as documents have it.
std::string utc_now();

/// "peerbench 0.1.0 (abc1234)".
std::string version_line();

}  // namespace peerbench::cli
