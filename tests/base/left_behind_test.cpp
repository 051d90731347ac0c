// SPDX-License-Identifier: Apache-2.0
#include "base/left_behind.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace peerbench {
namespace TEST_FILE {

using namespace std::chrono_literals;

// Far more than a thread takes to start on a busy machine.
constexpr auto ample = 10min;

TEST(ComesBackWithin, SeesWhatTheWorkDid) {
  const auto number = std::make_shared<int>(0);
  EXPECT_TRUE(comes_back_within(ample, [number] { *number = 7; }));
  EXPECT_EQ(*number, 7);
}

TEST(ComesBackWithin, WorkThatThrowsHasComeBack) {
  EXPECT_TRUE(comes_back_within(ample, [] { throw 1; }));
}

// The fact is of the process and never taken back, so all of it is one test.
TEST(LeftBehind, HoldsFromTheFirstThatDoesNotComeBack) {
  EXPECT_FALSE(anything_left_behind());
  EXPECT_TRUE(comes_back_within(ample, [] {}));
  EXPECT_FALSE(anything_left_behind());
  EXPECT_FALSE(comes_back_within(1ms, [] {
    while (true) std::this_thread::sleep_for(1h);
  }));
  EXPECT_TRUE(anything_left_behind());
}

}  // namespace TEST_FILE
}  // namespace peerbench
