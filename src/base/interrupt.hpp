// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM as a question that loops ask: whoever waits or repeats ends early once one
// has come, and the program still shows and keeps what it has.
#pragma once

#include <csignal>

#include <chrono>

namespace peerbench {

/// Catches SIGINT and SIGTERM while it lives, one object at a time. The first of them is noted; a
/// second one ends the program at once, as if nobody had caught it. Signals that were ignored
/// before, as nohup has it, stay so.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction sigint_before_ {};
  struct sigaction sigterm_before_ {};
};

/// The signal that has come since an InterruptGuard lives; 0: none.
int interruption() noexcept;

inline bool interrupted() noexcept { return interruption() != 0; }

/// How long to wait for what has `limit`: once interrupted no more than a second, since what hangs
/// may be why somebody pressed Ctrl-C.
std::chrono::nanoseconds patience(std::chrono::nanoseconds limit) noexcept;

}  // namespace peerbench
