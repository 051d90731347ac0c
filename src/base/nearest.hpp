// SPDX-License-Identifier: Apache-2.0
// Which known word somebody probably meant; error messages offer it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace peerbench {

std::string lower_case(std::string_view text);

/// The known words closest to `word`, at most `most`: those that begin with it, then by edit
/// distance, and none that differ in more than half of their letters. Case does not count.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known,
                                 std::size_t most = 3);

/// "; did you mean 'a' or 'b'?", or nothing when no word is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace peerbench
