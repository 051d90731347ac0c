// SPDX-License-Identifier: Apache-2.0
#include "measure/sampling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <vector>

#include "base/interrupt.hpp"
#include "measure/statistics.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// A clock that moves only when a sample is taken, and a script of the values samples have.
struct Script {
  std::vector<double> values;  // then the last one for ever
  std::chrono::nanoseconds each = 10ms;
  int fails_at = -1;
  HostClock::time_point time{};
  int taken = 0;

  Sampling run(const SamplingPolicy& policy, const SamplingHooks& hooks = {}) {
    return sample_until(
        [this]() -> Expected<double> {
          time += each;
          const auto index = static_cast<std::size_t>(taken++);
          if (taken - 1 == fails_at) return fail(ErrorKind::device, "the link fell off");
          return values[std::min(index, values.size() - 1)];
        },
        policy, hooks, [this] { return time; });
  }
};

TEST(Sampling, SteadyValuesEndByPrecisionAtTheFewestSamples) {
  Script script{.values = {20}};
  const Sampling sampling = script.run({.precision = 0.01, .budget = 10s, .min_samples = 8});
  EXPECT_EQ(sampling.stop, Stop::precision);
  EXPECT_THAT(sampling.samples, SizeIs(8));
  EXPECT_THAT(sampling.warm_up, SizeIs(2));
  EXPECT_THAT(sampling.reason, HasSubstr("precision of 1 % reached after 8 samples"));
}

TEST(Sampling, WarmUpLastsUntilTwoSuccessiveSamplesAgree) {
  Script script{.values = {1, 4, 9, 9.8, 10, 10}};
  const Sampling sampling =
      script.run({.budget = 10s, .min_samples = 6, .warm_up_agreement = 0.05});
  EXPECT_THAT(sampling.warm_up, ElementsAre(1, 4, 9, 9.8, 10));
  EXPECT_THAT(sampling.samples, ElementsAre(10, 10, 10, 10, 10, 10));
}

TEST(Sampling, WarmUpIsBoundedInCountAndByHalfOfTheBudget) {
  Script rising{.values = {1, 2, 4, 8, 16, 32, 64, 128}};
  EXPECT_THAT(rising.run({.budget = 10s, .max_warm_up = 3}).warm_up, ElementsAre(1, 2, 4));
  Script slow{.values = {1, 2, 4, 8, 16, 32, 64, 128}, .each = 1s};
  EXPECT_THAT(slow.run({.budget = 4s, .max_warm_up = 100}).warm_up, ElementsAre(1, 2));
}

// Ten samples in a row agree within 1 % here long before the ramp has ended.
TEST(Sampling, ASlowRampIsWaitedForBeforeAnythingCounts) {
  Script ramp{.values = {}, .each = 5ms};
  for (int i = 0; i < 400; ++i) ramp.values.push_back(100 * (1 - 0.75 * std::exp(-i * 5 / 50.0)));
  const Sampling sampling = ramp.run({.precision = 0.01,
                                      .budget = 2s,
                                      .min_span = 200ms,
                                      .min_warm_up = 200ms,
                                      .warm_up_agreement = 0.01,
                                      .max_warm_up = 1000});
  EXPECT_TRUE(sampling.settled);
  EXPECT_GE(sampling.warm_up.size(), 40u) << "200 ms of 5 ms each";
  EXPECT_GE(sampling.samples.size(), 40u);
  EXPECT_GE(sampling.samples.front(), 98);
  EXPECT_NEAR(summarize(sampling.samples).median, 100, 0.3);
}

TEST(Sampling, WhatNeverSettlesIsSaid) {
  Script rising{.values = {1, 2, 4, 8, 16, 32, 64, 128}};
  EXPECT_FALSE(rising.run({.budget = 10s, .max_warm_up = 3}).settled);
  Script steady{.values = {1}};
  EXPECT_TRUE(steady.run({.budget = 10s, .max_warm_up = 3}).settled);
}

TEST(Sampling, SamplesSpanAtLeastTheTimeAskedUnlessTheBudgetEnds) {
  Script script{.values = {20}};
  EXPECT_THAT(script.run({.budget = 10s, .min_span = 300ms}).samples, SizeIs(30));
  Script short_of_time{.values = {20}};
  const Sampling cut = short_of_time.run({.budget = 200ms, .min_span = 300ms});
  EXPECT_EQ(cut.stop, Stop::budget);
  EXPECT_THAT(cut.samples, SizeIs(18)) << "two of twenty warmed up";
}

TEST(Sampling, WhatChangedMeanwhileIsMeasuredAgain) {
  Script script{.values = {5, 5, 5, 5, 5, 5, 5, 5, 9}};
  int asked = 0;
  int warm = 0;
  const Sampling sampling =
      script.run({.budget = 10s, .min_samples = 6},
                 {.on_warm = [&] { ++warm; }, .unchanged = [&] { return asked++ > 0; }});
  EXPECT_EQ(warm, 1);
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(sampling.samples, ElementsAre(9, 9, 9, 9, 9, 9));
  EXPECT_THAT(sampling.warm_up, SizeIs(8));
}

TEST(Sampling, SpreadValuesEndByBudgetAndSayHowFarTheyGot) {
  Script script{.values = {10, 10, 8, 12, 8, 12, 8, 12, 8, 12, 8, 12, 8, 12}, .each = 100ms};
  const Sampling sampling = script.run({.precision = 0.01, .budget = 1s, .min_samples = 6});
  EXPECT_EQ(sampling.stop, Stop::budget);
  EXPECT_THAT(sampling.samples, ElementsAre(8, 12, 8, 12, 8, 12, 8, 12));
  EXPECT_THAT(sampling.reason, HasSubstr("budget of 1 s ended after 8 samples"));
  EXPECT_THAT(sampling.reason, HasSubstr("within +-20 %"));
}

TEST(Sampling, MorePrecisionTakesMoreSamples) {
  const std::vector<double> values = {10, 10, 9.7, 10.3, 10, 9.8, 10.2, 10, 9.9, 10.1, 10, 10};
  Script loose{.values = values};
  Script tight{.values = values};
  const auto few = loose.run({.precision = 0.05, .budget = 10s, .min_samples = 6});
  const auto many = tight.run({.precision = 0.001, .budget = 10s, .min_samples = 6});
  EXPECT_EQ(many.stop, Stop::precision);
  EXPECT_THAT(few.samples, SizeIs(6));
  EXPECT_GT(many.samples.size(), few.samples.size());
}

TEST(Sampling, NeverMoreThanTheMostSamples) {
  Script script{.values = {10}};
  const Sampling sampling =
      script.run({.precision = 0, .budget = 10s, .min_samples = 50, .max_samples = 7});
  EXPECT_EQ(sampling.stop, Stop::max_samples);
  EXPECT_THAT(sampling.samples, SizeIs(7));
}

TEST(Sampling, OneSampleIsTakenWhateverTheBudget) {
  Script script{.values = {3}};
  const Sampling sampling = script.run({.budget = 0s});
  EXPECT_THAT(sampling.warm_up, SizeIs(0));
  EXPECT_THAT(sampling.samples, ElementsAre(3));
  EXPECT_EQ(sampling.stop, Stop::budget);
  EXPECT_THAT(sampling.reason, HasSubstr("after 1 sample ("));
}

TEST(Sampling, AFailedSampleEndsItAndKeepsTheOthers) {
  Script script{.values = {5}, .fails_at = 4};
  const Sampling sampling = script.run({.budget = 10s});
  EXPECT_EQ(sampling.stop, Stop::failed);
  EXPECT_THAT(sampling.samples, ElementsAre(5, 5));
  ASSERT_TRUE(sampling.error);
  EXPECT_EQ(sampling.error->kind, ErrorKind::device);
  EXPECT_THAT(sampling.reason, HasSubstr("the link fell off"));
}

TEST(Sampling, AFailureWhileWarmingUpLeavesNoSamples) {
  Script script{.values = {5}, .fails_at = 0};
  const Sampling sampling = script.run({.budget = 10s});
  EXPECT_EQ(sampling.stop, Stop::failed);
  EXPECT_THAT(sampling.samples, SizeIs(0));
  EXPECT_STREQ(name(sampling.stop), "failed");
}

TEST(Sampling, ASignalEndsItAfterTheSampleUnderWay) {
  const InterruptGuard guard;
  Script script{.values = {20}};
  std::vector<double> seen;
  const Sampling sampling =
      script.run({.budget = 1000s, .min_samples = 500}, {.on_sample = [&](double value) {
                   seen.push_back(value);
                   if (seen.size() == 7) raise(SIGINT);
                 }});
  EXPECT_EQ(sampling.stop, Stop::interrupted);
  EXPECT_EQ(sampling.error->kind, ErrorKind::interrupted);
  EXPECT_EQ(sampling.warm_up.size() + sampling.samples.size(), 7u);
  EXPECT_THAT(seen, SizeIs(7));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
