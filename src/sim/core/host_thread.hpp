// SPDX-License-Identifier: Apache-2.0
// A thread of the program that uses the machine while others do, with a clock of its own.
#pragma once

#include <algorithm>

#include "sim/core/engine.hpp"

namespace gpusim {

struct HostThread {
  double clock_ns = 0;
  bool left = false;
  OperationPtr waits_for;  ///< until that has ended it makes no call

  bool waiting() const { return waits_for != nullptr && !waits_for->ended(); }
  /// When it can make its next call.
  double ready_ns() const {
    return waits_for == nullptr ? clock_ns : std::max(clock_ns, waits_for->ended_ns);
  }
};

}  // namespace gpusim
