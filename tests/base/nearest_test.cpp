// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.hpp"

#include <gmock/gmock.h>

namespace peerbench {
namespace TEST_FILE {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> known = {"dgx-spark", "dual-rtx3090-nvlink", "dual-rtx4090",
                                        "no-gpu"};

TEST(Nearest, OffersTheClosestFirst) {
  EXPECT_THAT(nearest("dual-rtx4091", known), ElementsAre("dual-rtx4090", "dual-rtx3090-nvlink"));
  EXPECT_THAT(nearest("nogpu", known), ElementsAre("no-gpu"));
}

TEST(Nearest, OffersWordsThatContainTheText) {
  EXPECT_THAT(nearest("3090", known), ElementsAre("dual-rtx3090-nvlink"));
}

// Four letters are missing of one, one letter is wrong of the other.
TEST(Nearest, OffersWordsThatBeginSoBeforeThoseThatDifferLess) {
  EXPECT_THAT(nearest("dual-rtx3090", {"dual-rtx4090", "dual-rtx3090-nvlink"}),
              ElementsAre("dual-rtx3090-nvlink", "dual-rtx4090"));
}

TEST(Nearest, DoesNotMindCase) {
  EXPECT_THAT(nearest("DGX-Sparc", known), ElementsAre("dgx-spark"));
  EXPECT_EQ(lower_case("Dual-RTX3090"), "dual-rtx3090");
}

TEST(Nearest, OffersNothingFarAway) {
  EXPECT_THAT(nearest("xyzzy", known), IsEmpty());
  EXPECT_THAT(nearest("", known), IsEmpty());
  EXPECT_EQ(did_you_mean("xyzzy", known), "");
}

TEST(Nearest, AsksInWords) {
  EXPECT_EQ(did_you_mean("spark", known), "; did you mean 'dgx-spark'?");
}

}  // namespace TEST_FILE
}  // namespace peerbench
