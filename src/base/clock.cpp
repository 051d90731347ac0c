#include "base/clock.hpp"

#include "base/simulation.hpp"

namespace peerbench {

HostClock::time_point HostClock::now() noexcept {
  if (peerbench_sim_now_ns != nullptr) {
    return time_point(duration(static_cast<rep>(peerbench_sim_now_ns())));
  }
  return time_point(
      std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace peerbench
