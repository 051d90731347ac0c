// SPDX-License-Identifier: Apache-2.0
#include "base/interrupt.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace peerbench {
namespace TEST_FILE {

using namespace std::chrono_literals;

TEST(InterruptGuard, NotesTheFirstSignalAndForgetsItWithItsEnd) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const InterruptGuard guard;
    EXPECT_FALSE(interrupted());
    raise(signal);
    EXPECT_EQ(interruption(), signal);
  }
  EXPECT_FALSE(interrupted());
}

TEST(InterruptGuard, ASecondSignalEndsTheProgramAtOnce) {
  const auto twice = [](int first, int second) {
    const InterruptGuard guard;
    raise(first);
    raise(second);
  };
  EXPECT_EXIT(twice(SIGINT, SIGINT), ::testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(twice(SIGINT, SIGTERM), ::testing::KilledBySignal(SIGTERM), "");
}

TEST(InterruptGuard, WhatWasIgnoredStaysSo) {
  const auto before = std::signal(SIGINT, SIG_IGN);
  {
    const InterruptGuard guard;
    raise(SIGINT);
    EXPECT_FALSE(interrupted());
  }
  std::signal(SIGINT, before);
}

TEST(Patience, EndsWithASignal) {
  const InterruptGuard guard;
  EXPECT_EQ(patience(30s), 30s);
  raise(SIGINT);
  EXPECT_EQ(patience(30s), 1s);
  EXPECT_EQ(patience(1ms), 1ms);
}

}  // namespace TEST_FILE
}  // namespace peerbench
