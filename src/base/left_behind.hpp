// SPDX-License-Identifier: Apache-2.0
// What of this process may still run although nobody waits for it any more: work of a GPU that
// never ended, a call of a driver or library that never came back. A program with such a thing
// cannot end as others do: what cleans up at the end of a process waits for it.
#pragma once

#include <chrono>
#include <functional>

namespace peerbench {

/// Notes that something was left behind. It holds until the process ends: nobody is told when a
/// hung GPU or library lets go.
void leave_behind();

/// Whether the process has to end without cleaning up.
bool anything_left_behind();

/// Runs `work` on a thread of its own and waits for it, at most as long as `limit` by the clock of
/// the real host, less once interrupted (interrupt.hpp). False: it has not come back and is left
/// behind, with all that `work` holds. So that must own what it uses, or share it.
bool comes_back_within(std::chrono::nanoseconds limit, std::function<void()> work);

}  // namespace peerbench
