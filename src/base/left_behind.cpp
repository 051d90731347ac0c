// SPDX-License-Identifier: Apache-2.0
#include "base/left_behind.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace peerbench {

namespace {

std::atomic<bool> left_behind{false};

}  // namespace

void leave_behind() { left_behind = true; }

bool anything_left_behind() { return left_behind; }

bool comes_back_within(std::chrono::nanoseconds limit, std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  const std::future<void> done = task.get_future();
  std::thread(std::move(task)).detach();
  if (done.wait_for(limit) == std::future_status::ready) {
    return true;
  }
  leave_behind();
  return false;
}

}  // namespace peerbench
