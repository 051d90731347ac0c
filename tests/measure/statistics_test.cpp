// SPDX-License-Identifier: Apache-2.0
#include "measure/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace peerbench::measure {
namespace TEST_FILE {

// Expected values from Python's statistics module: quantiles(n=20, method="inclusive") and stdev.
TEST(Statistics, SummaryOfAKnownSequenceInAnyOrder) {
  const std::vector<double> samples = {3.1, 2.9, 3.0, 3.3, 2.8, 3.05, 9.9};
  const Summary summary = summarize(samples);
  EXPECT_EQ(summary.n, 7);
  EXPECT_DOUBLE_EQ(summary.median, 3.05);
  EXPECT_DOUBLE_EQ(summary.min, 2.8);
  EXPECT_DOUBLE_EQ(summary.max, 9.9);
  EXPECT_NEAR(summary.p05, 2.83, 1e-12);
  EXPECT_NEAR(summary.p95, 7.92, 1e-12);
  EXPECT_NEAR(summary.cv, 0.6496578344726772, 1e-12);
}

TEST(Statistics, MedianOfAnEvenCountIsTheMiddleOfTheTwoInside) {
  const std::vector<double> samples = {4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(summarize(samples).median, 2.5);
  EXPECT_DOUBLE_EQ(summarize(samples).p05, 1.15);
  EXPECT_DOUBLE_EQ(summarize(samples).p95, 3.85);
}

TEST(Statistics, OneSampleHasNoSpreadAndNoneHasNoFigures) {
  const std::vector<double> one = {5};
  EXPECT_EQ(summarize(one).cv, 0);
  EXPECT_EQ(summarize(one).p95, 5);
  EXPECT_EQ(summarize({}).n, 0);
  EXPECT_TRUE(std::isnan(summarize({}).median));
  EXPECT_TRUE(std::isnan(summarize({}).cv));
}

TEST(Statistics, EqualSamplesHaveNoSpread) {
  const std::vector<double> samples(12, 0.125);
  EXPECT_EQ(summarize(samples).cv, 0);
  EXPECT_EQ(median_interval(samples)->relative_half_width, 0);
}

// Ranks as in the tables of the sign test's interval (Conover, Practical Nonparametric Statistics).
TEST(Statistics, RanksOfTheIntervalAreTheTabulatedOnes) {
  const std::vector<std::pair<int, int>> table = {{5, 0},   {6, 1},   {8, 1},   {9, 2},   {10, 2},
                                                  {12, 3},  {15, 4},  {17, 5},  {20, 6},  {25, 8},
                                                  {30, 10}, {50, 18}, {70, 27}, {100, 40}};
  for (const auto& [n, rank] : table) EXPECT_EQ(median_interval_rank(n), rank) << n;
}

// Probability that the median lies outside [x_rank, x_(n+1-rank)].
double outside(int n, int rank) {
  double sum = 0;
  for (int k = 0; k < rank; ++k) {
    sum += 2 * std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) -
                        n * std::log(2.0));
  }
  return sum;
}

TEST(Statistics, IntervalCovers95PercentForEveryCountAndIsNoWiderThanNeeded) {
  for (int n = fewest_for_interval; n <= 1000; ++n) {
    const int rank = median_interval_rank(n);
    const int slack = n <= 70 ? 1 : 2;  // the approximation may be one rank too wide
    EXPECT_LE(outside(n, rank), 0.05) << n;
    EXPECT_GT(outside(n, rank + slack), 0.05) << n;
  }
}

TEST(Statistics, IntervalTakesTheLargerSide) {
  // n = 10: from the 2nd to the 9th value; the median is 10.
  const std::vector<double> samples = {30, 9, 9.5, 10, 10, 10, 10, 11, 12, 1};
  const auto interval = median_interval(samples);
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 9);
  EXPECT_EQ(interval->high, 12);
  EXPECT_DOUBLE_EQ(interval->relative_half_width, 0.2);
}

TEST(Statistics, TooFewSamplesHaveNoInterval) {
  EXPECT_FALSE(median_interval(std::vector<double>(5, 1.0)));
  EXPECT_TRUE(median_interval(std::vector<double>(6, 1.0)));
}

TEST(Statistics, IntervalAroundZeroIsNeverPrecise) {
  EXPECT_TRUE(std::isinf(median_interval(std::vector<double>(9, 0.0))->relative_half_width));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
