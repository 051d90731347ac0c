// SPDX-License-Identifier: Apache-2.0
// Waiting with a limit, in the simulated machine's time.
#include "measure/await.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/clock.hpp"
#include "base/interrupt.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using namespace std::chrono_literals;
using peerbench::support::open_machine;
using ::testing::HasSubstr;

class Await : public ::testing::Test {
 protected:
  void SetUp() override { open_machine("dual-rtx3090-nvlink"); }
  /// Answers "not ready" until so much time has passed.
  static auto ready_after(std::chrono::nanoseconds time) {
    return [from = HostClock::now(), time] {
      return HostClock::now() - from < time ? cudaErrorNotReady : cudaSuccess;
    };
  }
};

TEST_F(Await, EndsWithTheWorkAndLeavesItAlone) {
  bool abandoned = false;
  int looked = 0;
  const Wait wait{.meanwhile = [&]() -> Expected<void> {
                    ++looked;
                    return {};
                  },
                  .abandon = [&] { abandoned = true; }};
  const auto start = HostClock::now();
  EXPECT_TRUE(await(ready_after(1ms), wait).has_value());
  EXPECT_LT(HostClock::now() - start, 1100us) << "asked without a pause";
  EXPECT_EQ(looked, 0);
  EXPECT_TRUE(await(ready_after(5ms), wait).has_value());
  EXPECT_NEAR(looked, 30, 2) << "once before each pause of 100 us, after 2 ms";
  EXPECT_FALSE(abandoned);
}

TEST_F(Await, GivesUpAtTheLimit) {
  bool abandoned = false;
  const auto start = HostClock::now();
  const auto late = await([] { return cudaErrorNotReady; },
                          {.what = "a fill", .limit = 3s, .abandon = [&] { abandoned = true; }});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::hang);
  EXPECT_EQ(late.error().message, "a fill did not end within 3 s");
  EXPECT_TRUE(abandoned);
  EXPECT_NEAR(std::chrono::duration<double>(HostClock::now() - start).count(), 3, 0.01);
}

TEST_F(Await, WaitsNoLongerThanASecondOnceInterrupted) {
  const InterruptGuard guard;
  raise(SIGINT);
  bool abandoned = false;
  const auto start = HostClock::now();
  const auto late =
      await([] { return cudaErrorNotReady; }, {.limit = 30s, .abandon = [&] { abandoned = true; }});
  EXPECT_FALSE(late.has_value());
  EXPECT_TRUE(abandoned);
  EXPECT_NEAR(std::chrono::duration<double>(HostClock::now() - start).count(), 1, 0.01);
}

TEST_F(Await, AnErrorOfTheQueryIsNoHang) {
  bool abandoned = false;
  const auto lost = await([] { return cudaErrorIllegalAddress; },
                          {.what = "a fill", .abandon = [&] { abandoned = true; }});
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().kind, ErrorKind::device);
  EXPECT_THAT(lost.error().message, HasSubstr("waiting for a fill: cudaErrorIllegalAddress"));
  EXPECT_FALSE(abandoned);
}

TEST_F(Await, AnErrorMeanwhileEndsItAndTheWorkIsAbandoned) {
  bool abandoned = false;
  const auto broken =
      await([] { return cudaErrorNotReady; },
            {.meanwhile = []() -> Expected<void> { return fail(ErrorKind::device, "a rank left"); },
             .abandon = [&] { abandoned = true; }});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().message, "a rank left");
  EXPECT_TRUE(abandoned);
}

TEST_F(Await, LeavesNoErrorBehind) {
  EXPECT_TRUE(await(ready_after(5ms)).has_value());
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
