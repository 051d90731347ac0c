// SPDX-License-Identifier: Apache-2.0
#include "judge/time_curve.hpp"

#include <gmock/gmock.h>

namespace peerbench::judge {
namespace TEST_FILE {

using ::testing::HasSubstr;

TEST(TimeCurve, IsALineBetweenMeasuredSizesAndNothingBeyond) {
  TimeCurve curve;
  curve.add(300, 5, "c");
  curve.add(100, 1, "a");
  curve.add(200, 3, "b");
  EXPECT_EQ(curve.seconds(100), 1);
  EXPECT_EQ(curve.seconds(150), 2);
  EXPECT_EQ(curve.seconds(275), 4.5);
  EXPECT_EQ(curve.seconds(300), 5);
  EXPECT_EQ(curve.seconds(99), std::nullopt);
  EXPECT_EQ(curve.seconds(301), std::nullopt);
  EXPECT_EQ(curve.source(200), "b");
  EXPECT_EQ(curve.source(250), "between b and c");
  EXPECT_THAT(curve.source(301), HasSubstr("100 B to 300 B"));
}

TEST(TimeCurve, OfOneSizeTheSlowestCounts) {
  TimeCurve curve;
  EXPECT_TRUE(curve.empty());
  EXPECT_EQ(curve.source(1), "no such messages were measured; peerbench run --model does it");
  curve.add(100, 2, "slow");
  curve.add(100, 1, "fast");
  EXPECT_EQ(curve.seconds(100), 2);
  EXPECT_EQ(curve.seconds(50), std::nullopt);
  EXPECT_THAT(curve.source(50), HasSubstr("only 100 B was measured, by slow"));
}

TEST(TimeCurve, SaysWhyASizeWasRefused) {
  TimeCurve curve;
  curve.refuse(1000, "too large");
  EXPECT_EQ(curve.source(10), "too large") << "nothing else is known";
  curve.add(16, 1e-6, "start");
  EXPECT_EQ(curve.source(500), "too large") << "a start alone is no curve";
  curve.add(100, 2e-6, "hundred");
  EXPECT_EQ(curve.source(1000), "too large");
  EXPECT_NE(curve.source(500), "too large");
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
