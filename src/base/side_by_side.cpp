// SPDX-License-Identifier: Apache-2.0
#include "base/side_by_side.hpp"

#include <thread>

#include "base/simulation.hpp"

namespace peerbench {

void side_by_side(const std::vector<std::function<void()>>& work) {
  const bool virtual_time = peerbench_sim_threads_begin != nullptr;
  if (virtual_time) peerbench_sim_threads_begin(static_cast<int>(work.size()));
  std::vector<std::thread> threads;
  threads.reserve(work.size());
  for (std::size_t i = 0; i < work.size(); ++i) {
    threads.emplace_back([&each = work[i], i, virtual_time] {
      if (virtual_time) peerbench_sim_thread_enter(static_cast<int>(i));
      each();
      if (virtual_time) peerbench_sim_thread_leave();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace peerbench
