// SPDX-License-Identifier: Apache-2.0
#include "bench/expected_time.hpp"

#include <gtest/gtest.h>

namespace peerbench::bench {
namespace TEST_FILE {

result::Settings usual() {
  result::Settings settings;
  settings.budget_seconds = 2;
  return settings;
}

Spec copy() {
  Spec spec;
  spec.work = measure::Plan{};
  return spec;
}

TEST(ExpectedTime, GrowsWithWhatIsAskedAndEndsWithTheBudget) {
  const double seconds = expected_seconds(copy(), usual());
  EXPECT_GT(seconds, 0.2) << "samples span so long";
  result::Settings finer = usual();
  finer.precision = 0.005;
  EXPECT_GT(expected_seconds(copy(), finer), seconds);
  finer.precision = 0.0001;
  EXPECT_LT(expected_seconds(copy(), finer), finer.budget_seconds + 1);
  result::Settings soak = usual();
  soak.soak_seconds = 60;
  EXPECT_GT(expected_seconds(copy(), soak), 60);
  EXPECT_DOUBLE_EQ(expected_seconds(std::vector{copy(), copy()}, usual()), 2 * seconds);
}

TEST(ExpectedTime, WhatIsNotTriedTakesNone) {
  Spec spec = copy();
  spec.why_not = "there is no NCCL";
  EXPECT_EQ(expected_seconds(spec, usual()), 0);
}

TEST(Forecast, FollowsWhatFinishedCellsTook) {
  Forecast forecast;
  EXPECT_EQ(forecast.corrected(10), 10);
  forecast.finished(9, 19);
  EXPECT_EQ(forecast.corrected(10), 20);
  forecast.finished(10, 0);
  EXPECT_EQ(forecast.corrected(10), 10);
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
