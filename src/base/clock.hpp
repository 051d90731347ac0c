// SPDX-License-Identifier: Apache-2.0
// The host's clock. In the simulated build it is virtual, so that budgets, time-outs and host-timed
// rates are those of the simulated machine; everywhere else it is the steady clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace peerbench {

/// A std::chrono clock; use it wherever a measured or budgeted duration is meant.
/// Screen progress may use std::chrono::steady_clock directly.
struct HostClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<HostClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
  /// Lets time pass without using the processor.
  static void sleep_for(duration time) noexcept;
};

}  // namespace peerbench
