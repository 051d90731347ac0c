// SPDX-License-Identifier: Apache-2.0
#include "base/left_behind.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "base/interrupt.hpp"

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
  constexpr std::chrono::nanoseconds between_looks = std::chrono::milliseconds(50);
  const auto start = std::chrono::steady_clock::now();
  while (done.wait_for(std::min(limit, between_looks)) != std::future_status::ready) {
    if (std::chrono::steady_clock::now() - start < patience(limit)) continue;
    leave_behind();
    return false;
  }
  return true;
}

}  // namespace peerbench
