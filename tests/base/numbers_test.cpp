// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace peerbench {
namespace TEST_FILE {

TEST(Numbers, RatesHaveThreeSignificantDigits) {
  EXPECT_EQ(format_rate(51.02), "51.0");
  EXPECT_EQ(format_rate(11.29), "11.3");
  EXPECT_EQ(format_rate(829.7), "830");
  EXPECT_EQ(format_rate(8.387), "8.39");
  EXPECT_EQ(format_rate(0.00512), "0.00512");
  EXPECT_EQ(format_rate(3350.4), "3350");
  EXPECT_EQ(format_rate(0), "0");
}

TEST(Numbers, RoundingUpDoesNotAddADigit) {
  EXPECT_EQ(format_rate(9.996), "10.0");
  EXPECT_EQ(format_rate(99.96), "100");
  EXPECT_EQ(format_rate(999.6), "1000");
}

TEST(Numbers, WhatWasNotMeasuredIsADash) {
  EXPECT_EQ(format_rate({}), "-");
  EXPECT_EQ(format_rate(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(format_rate(std::numeric_limits<double>::infinity()), "-");
  EXPECT_EQ(format_range(1, {}), "-");
  EXPECT_EQ(format_share({}), "-");
  EXPECT_EQ(format_cv({}), "-");
  EXPECT_EQ(format_ratio({}, 1), "-");
  EXPECT_EQ(format_ratio(1, {}), "-");
  EXPECT_EQ(format_ratio(1, 0), "-");
}

TEST(Numbers, CeilingsShowADigitMoreAndNoEmptyOnes) {
  EXPECT_EQ(format_precise(56.25), "56.25");
  EXPECT_EQ(format_precise(478.125), "478.1");
  EXPECT_EQ(format_precise(300), "300");
  EXPECT_EQ(format_precise(12.5), "12.5");
  EXPECT_EQ(format_precise(3352.4), "3352");
  EXPECT_EQ(format_precise(14000), "14000");
  EXPECT_EQ(format_precise(std::numeric_limits<double>::infinity()), "-");
}

TEST(Numbers, RangesShowADigitMore) { EXPECT_EQ(format_range(50.93, 51.11), "50.93-51.11"); }

TEST(Numbers, SharesAndRatios) {
  EXPECT_EQ(format_share(0.907), "91 %");
  EXPECT_EQ(format_cv(0.0016), "0.2 %");
  EXPECT_EQ(format_cv(0.0001), "<0.1 %");
  EXPECT_EQ(format_cv(0), "0.0 %");
  EXPECT_EQ(format_cv(0.123), "12 %");
  EXPECT_EQ(format_ratio(51.02, 11.29), "4.5x");
  EXPECT_EQ(format_ratio(1, 2), "0.50x");
  EXPECT_EQ(format_ratio(1000, 2), "500x");
}

}  // namespace TEST_FILE
}  // namespace peerbench
