// SPDX-License-Identifier: Apache-2.0
// The threads of a host measurement: started once, held together by a spinning barrier, and timed
// over one common window from the shared start to the last thread's end.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/error.hpp"

namespace peerbench::measure {

class ThreadTeam {
 public:
  /// What each thread does, with its number from 0; runs at the same time on all threads.
  using Work = std::function<void(int thread)>;

  /// Starts `threads` threads; each calls `prepare` once before any work (to pin itself).
  /// Error: device, when the system gives no more threads.
  static Expected<ThreadTeam> start(int threads, const Work& prepare);
  ThreadTeam(ThreadTeam&&) noexcept;
  ThreadTeam& operator=(ThreadTeam&&) = delete;
  ~ThreadTeam();  ///< waits for all threads to leave

  int size() const;

  /// Runs `work` on every thread and returns when all are done: the window from the moment all
  /// threads stood ready to the end of the last one, by HostClock.
  std::chrono::nanoseconds run(const Work& work);

 private:
  struct State;
  explicit ThreadTeam(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace peerbench::measure
