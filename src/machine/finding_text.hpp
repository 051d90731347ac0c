// SPDX-License-Identifier: Apache-2.0
// What the sentences of findings are put together from. Private to this module.
#pragma once

#include <string>
#include <string_view>

#include "machine/finding.hpp"

namespace peerbench::machine {

double figure(const Finding& finding, std::string_view name);
/// A figure that counts; 0 where there is none: of what did not happen.
long count(const Finding& finding, std::string_view name);
const std::string& quote(const Finding& finding, std::string_view name);

/// "gpu0, gpu1", "gpu0 <-> gpu1, gpu2 <-> gpu3": so that eight GPUs do not say the same thing 28
/// times, only the first are named.
std::string who(const Finding& finding);

/// The verb of a sentence about `who`: of one GPU or pair, or of several.
const char* verb(const Finding& finding, const char* of_one, const char* of_several);

}  // namespace peerbench::machine
