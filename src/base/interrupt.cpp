// SPDX-License-Identifier: Apache-2.0
#include "base/interrupt.hpp"

#include <algorithm>

namespace peerbench {

namespace {

volatile std::sig_atomic_t caught = 0;

extern "C" void note_signal(int signal) {
  caught = signal;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

void catch_signal(int signal, struct sigaction& before) {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &before);
  if (before.sa_handler == SIG_IGN) sigaction(signal, &before, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  caught = 0;
  catch_signal(SIGINT, sigint_before_);
  catch_signal(SIGTERM, sigterm_before_);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &sigint_before_, nullptr);
  sigaction(SIGTERM, &sigterm_before_, nullptr);
  caught = 0;
}

int interruption() noexcept { return caught; }

std::chrono::nanoseconds patience(std::chrono::nanoseconds limit) noexcept {
  constexpr std::chrono::nanoseconds short_of_it = std::chrono::seconds(1);
  return interrupted() ? std::min(limit, short_of_it) : limit;
}

}  // namespace peerbench
