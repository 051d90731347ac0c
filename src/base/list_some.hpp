// SPDX-License-Identifier: Apache-2.0
// Lists in sentences that stay short however many things there are.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace peerbench {

/// "a, b, c"; of more than `most` the first ones: "a, b and 7 more", or whatever `rest` calls them.
std::string list_some(std::span<const std::string> all, std::size_t most,
                      std::string_view rest = "more");

}  // namespace peerbench
