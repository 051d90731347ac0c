// SPDX-License-Identifier: Apache-2.0
#include "measure/fit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace peerbench::measure {
namespace TEST_FILE {

// 2.5 us and 50 GB/s, from 4 KiB to 1 GiB.
constexpr double start = 2.5e-6, rate = 50e9;

std::vector<SizePoint> sweep(double noise = 0, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(1, noise);
  std::vector<SizePoint> points;
  for (double bytes = 4096; bytes <= 1073741824; bytes *= 2) {
    const double factor = noise > 0 ? normal(random) : 1;
    points.push_back({bytes, (start + bytes / rate) * factor});
  }
  return points;
}

TEST(Fit, FindsStartAndRateOfExactPoints) {
  const auto fit = fit_latency_and_rate(sweep());
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->latency_seconds, start, 1e-9 * start);
  EXPECT_NEAR(fit->bytes_per_second, rate, 1e-9 * rate);
  EXPECT_NEAR(fit->half_rate_bytes, 125000, 0.001);
  EXPECT_LT(fit->largest_residual, 1e-9);
}

TEST(Fit, ACopyOfTheHalfRateSizeReachesHalfTheRate) {
  const auto fit = fit_latency_and_rate(sweep());
  ASSERT_TRUE(fit.has_value());
  const double seconds = start + fit->half_rate_bytes / rate;
  EXPECT_NEAR(fit->half_rate_bytes / seconds, rate / 2, 1);
}

// Unweighted, the largest sizes alone would decide, and an error of 1 % of them is ten times the
// start.
TEST(Fit, SmallSizesCountAsMuchAsLargeOnes) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    const auto fit = fit_latency_and_rate(sweep(0.01, seed));
    ASSERT_TRUE(fit.has_value());
    EXPECT_NEAR(fit->latency_seconds, start, 0.03 * start) << seed;
    EXPECT_NEAR(fit->bytes_per_second, rate, 0.02 * rate) << seed;
    EXPECT_GT(fit->largest_residual, 0.005) << seed;
    EXPECT_LT(fit->largest_residual, 0.06) << seed;
  }
}

TEST(Fit, TheLargestResidualIsThatOfTheOddPoint) {
  auto points = sweep();
  points[9].seconds *= 1.5;
  const auto fit = fit_latency_and_rate(points);
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->largest_residual, 1.0 / 3, 0.03);
}

TEST(Fit, ANegativeStartIsNone) {
  // Larger sizes slower than in proportion: a line through them would begin below zero.
  const std::vector<SizePoint> points = {{1e6, 10e-6}, {2e6, 22e-6}, {4e6, 48e-6}};
  const auto fit = fit_latency_and_rate(points);
  ASSERT_TRUE(fit.has_value());
  EXPECT_EQ(fit->latency_seconds, 0);
  EXPECT_EQ(fit->half_rate_bytes, 0);
  EXPECT_GT(fit->bytes_per_second, 80e9);
  EXPECT_LT(fit->bytes_per_second, 100e9);
}

TEST(Fit, NeedsThreeSizesAndDurationsThatGrow) {
  EXPECT_FALSE(fit_latency_and_rate({}));
  const std::vector<SizePoint> two = {{1e6, 10e-6}, {2e6, 20e-6}, {2e6, 21e-6}};
  EXPECT_FALSE(fit_latency_and_rate(two));
  const std::vector<SizePoint> falling = {{1e6, 40e-6}, {2e6, 20e-6}, {4e6, 10e-6}};
  EXPECT_FALSE(fit_latency_and_rate(falling));
  const std::vector<SizePoint> unmeasured = {{1e6, 0}, {2e6, 20e-6}, {4e6, 40e-6}};
  EXPECT_FALSE(fit_latency_and_rate(unmeasured));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
