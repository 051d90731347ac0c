// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

#include <thread>

#include "base/simulation.hpp"

namespace peerbench {

HostClock::time_point HostClock::now() noexcept {
  if (peerbench_sim_now_ns != nullptr) {
    return time_point(duration(static_cast<rep>(peerbench_sim_now_ns())));
  }
  return time_point(
      std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

void HostClock::sleep_for(duration time) noexcept {
  if (peerbench_sim_spend != nullptr) {
    peerbench_sim_spend(static_cast<std::uint64_t>(time.count()));
  } else {
    std::this_thread::sleep_for(time);
  }
}

}  // namespace peerbench
