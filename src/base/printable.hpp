// SPDX-License-Identifier: Apache-2.0
// Texts of drivers, files and variables, made safe to print: they may hold anything, and a terminal
// obeys control characters.
#pragma once

#include <string>
#include <string_view>

namespace peerbench {

/// The same with each control character but the newline, and each byte that is no UTF-8, as an
/// escape: "\x1b". Of control characters beyond ASCII (U+0080 to U+009F) both bytes.
std::string printable(std::string_view text);

}  // namespace peerbench
