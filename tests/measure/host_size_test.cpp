// SPDX-License-Identifier: Apache-2.0
#include "measure/host_size.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peerbench::measure {
namespace TEST_FILE {

using testing::HasSubstr;

TEST(HostSize, OneGiBInTotalWhereTheCachesAreSmall) {
  const auto copy = choose_host_size(
      {.arrays = 2, .cache_bytes = 32 * MiB, .available_bytes = 22 * GiB, .total_bytes = 24 * GiB});
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->bytes_per_array, 512 * MiB);
  EXPECT_EQ(copy->rule,
            "2 arrays of 512 MiB: 1 GiB in total (each more than 4 times the caches' 32 MiB)");
}

TEST(HostSize, ThreeArraysAreNeverLessThanOneGiBInTotal) {
  const auto triad = choose_host_size(
      {.arrays = 3, .cache_bytes = 32 * MiB, .available_bytes = 22 * GiB, .total_bytes = 24 * GiB});
  ASSERT_TRUE(triad);
  EXPECT_EQ(triad->bytes_per_array, 342 * MiB);
}

// So that a kernel lasts long against what its launch costs.
TEST(HostSize, AGpusOwnMemoryAsksForFourGiBOrAHundredthOfIt) {
  EXPECT_EQ(wanted_of_gpu(8 * GiB), 4 * GiB);
  EXPECT_EQ(wanted_of_gpu(141 * GiB), 4 * GiB);
  EXPECT_EQ(wanted_of_gpu(500 * GiB), 5 * GiB);
  const auto size = choose_host_size({.arrays = 2,
                                      .cache_bytes = 50 * MiB,
                                      .available_bytes = 139 * GiB,
                                      .total_bytes = 0,
                                      .wanted_bytes = wanted_of_gpu(141 * GiB)});
  ASSERT_TRUE(size);
  EXPECT_EQ(size->bytes_per_array, 2 * GiB);
  EXPECT_EQ(size->rule,
            "2 arrays of 2 GiB: 4 GiB in total (each more than 4 times the caches' 50 MiB)");
}

TEST(HostSize, LargeCachesAskForMore) {
  const auto size = choose_host_size({.arrays = 2,
                                      .cache_bytes = 384 * MiB,
                                      .available_bytes = 500 * GiB,
                                      .total_bytes = 512 * GiB});
  ASSERT_TRUE(size);
  EXPECT_EQ(size->bytes_per_array, 1536 * MiB);
  EXPECT_EQ(size->rule, "2 arrays of 1.5 GiB: 4 times the caches' 384 MiB for each");
}

TEST(HostSize, SmallBoardsScaleDownToAQuarter) {
  const auto size = choose_host_size(
      {.arrays = 3, .cache_bytes = 4 * MiB, .available_bytes = 3 * GiB, .total_bytes = 4 * GiB});
  ASSERT_TRUE(size);
  EXPECT_EQ(size->bytes_per_array, 256 * MiB);
  EXPECT_THAT(size->rule, HasSubstr("all that a quarter of the available 3 GiB allows"));
}

TEST(HostSize, EightGiBStayFreeWhereTheMachineHasThem) {
  const auto size = choose_host_size({.arrays = 1,
                                      .cache_bytes = 32 * MiB,
                                      .available_bytes = 8 * GiB + 512 * MiB,
                                      .total_bytes = 32 * GiB});
  ASSERT_TRUE(size);
  EXPECT_EQ(size->bytes_per_array, 512 * MiB);
  EXPECT_THAT(size->rule, HasSubstr("keeping 8 GiB free"));
}

TEST(HostSize, ABusyMachineGetsTheFloorAndNotLess) {
  const auto size = choose_host_size(
      {.arrays = 1, .cache_bytes = 32 * MiB, .available_bytes = 2 * GiB, .total_bytes = 32 * GiB});
  ASSERT_TRUE(size);
  EXPECT_EQ(size->bytes_per_array, 128 * MiB);
}

TEST(HostSize, BelowTheFloorThereIsNoFigure) {
  const auto size = choose_host_size(
      {.arrays = 3, .cache_bytes = 64 * MiB, .available_bytes = 2 * GiB, .total_bytes = 4 * GiB});
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(size.error().message, HasSubstr("3 arrays of 256 MiB (4 times the caches' 64 MiB)"));
  EXPECT_THAT(size.error().message, HasSubstr("available 2 GiB"));
}

TEST(HostSize, TheRuleHoldsForEveryMachine) {
  for (int arrays = 1; arrays <= 3; ++arrays) {
    for (const Bytes cache : {Bytes{0}, 2 * MiB, 33 * MiB, 1152 * MiB}) {
      for (Bytes available = 64 * MiB; available <= 1024 * GiB; available += available / 3) {
        const Bytes total = available + available / 5;
        const auto size = choose_host_size({.arrays = arrays,
                                            .cache_bytes = cache,
                                            .available_bytes = available,
                                            .total_bytes = total});
        if (!size) {
          EXPECT_GT(static_cast<Bytes>(arrays) * (4 * cache + 2 * MiB), available / 4);
          continue;
        }
        const Bytes all = size->bytes_per_array * static_cast<Bytes>(arrays);
        EXPECT_GE(size->bytes_per_array, 4 * cache);
        EXPECT_LE(all, available / 4);
        EXPECT_EQ(size->bytes_per_array % (2 * MiB), 0u);
        if (available >= 16 * GiB) {
          EXPECT_GE(all, GiB);
          EXPECT_GE(available - all, 8 * GiB);
        }
      }
    }
  }
}

TEST(HostSize, UnknownCachesAreSaid) {
  const auto size =
      choose_host_size({.arrays = 1, .available_bytes = 64 * GiB, .total_bytes = 64 * GiB});
  ASSERT_TRUE(size);
  EXPECT_EQ(size->rule, "1 array of 1 GiB: 1 GiB in total (the caches' size is not known)");
}

TEST(HostSize, AskedSizesAreTakenWithAWarningOrRefused) {
  const HostSizeQuestion question{.arrays = 2,
                                  .asked = MiB + 3,
                                  .cache_bytes = 32 * MiB,
                                  .available_bytes = 8 * GiB,
                                  .total_bytes = 8 * GiB};
  const auto small = choose_host_size(question);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->bytes_per_array, MiB);
  EXPECT_THAT(small->rule, HasSubstr("caches may be part of the figure"));

  HostSizeQuestion too_large = question;
  too_large.asked = 5 * GiB;
  EXPECT_EQ(choose_host_size(too_large).error().kind, ErrorKind::unsupported);
  HostSizeQuestion nothing = question;
  nothing.asked = 7;
  EXPECT_EQ(choose_host_size(nothing).error().kind, ErrorKind::usage);
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
