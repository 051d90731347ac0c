// SPDX-License-Identifier: Apache-2.0
// Work that must not wait for each other on one host thread.
#pragma once

#include <functional>
#include <vector>

namespace peerbench {

/// Runs every function of `work` on a thread of its own, all at the same time, and returns when the
/// last has ended. On a simulated machine each thread has its own place in virtual time, in the
/// order of `work` where two are at the same time.
void side_by_side(const std::vector<std::function<void()>>& work);

}  // namespace peerbench
