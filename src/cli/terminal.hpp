// SPDX-License-Identifier: Apache-2.0
// What the terminal at the other end can show.
#pragma once

namespace peerbench::cli {

/// Columns of the terminal behind `descriptor`; 80 when it is none. At most 120, where tables end.
int terminal_width(int descriptor);

}  // namespace peerbench::cli
