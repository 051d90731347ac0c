// SPDX-License-Identifier: Apache-2.0
#include "measure/host_content.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "kernels/host_loops.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

std::vector<HostArray> arrays_for(HostOp op, std::size_t words) {
  std::vector<HostArray> arrays;
  for (int i = 0; i < array_count(op); ++i) {
    arrays.push_back(HostArray::map(words * 8, Pages::ordinary).value());
  }
  return arrays;
}

TEST(HostContent, TrafficOfEachOperation) {
  EXPECT_EQ(bytes_read(HostOp::read, 8) + bytes_written(HostOp::read, 8), 8u);
  EXPECT_EQ(bytes_read(HostOp::write, 8), 0u);
  EXPECT_EQ(bytes_written(HostOp::write, 8), 8u);
  EXPECT_EQ(bytes_read(HostOp::copy, 8), 8u);
  EXPECT_EQ(bytes_written(HostOp::copy, 8), 8u);
  EXPECT_EQ(bytes_read(HostOp::triad, 8), 16u);
  EXPECT_EQ(bytes_written(HostOp::triad, 8), 8u);
}

TEST(HostContent, SlicesCoverEveryWordOnceAtGranules) {
  for (const std::size_t words : {0u, 1u, 7u, 512u, 1000u, 4097u}) {
    for (int threads = 1; threads <= 7; ++threads) {
      const auto slices = cut_slices(words, threads, 8);
      ASSERT_EQ(slices.size(), static_cast<std::size_t>(threads));
      std::size_t next = 0;
      for (const HostSlice slice : slices) {
        EXPECT_EQ(slice.first, next);
        EXPECT_TRUE(slice.first % 8 == 0 || slice.size() == 0);
        next = slice.last;
      }
      EXPECT_EQ(next, words);
    }
  }
}

class HostContentOf : public testing::TestWithParam<HostOp> {};

TEST_P(HostContentOf, WhatWasPoisonedIsWrongAndWhatTheLoopWroteIsRight) {
  const HostOp op = GetParam();
  constexpr std::size_t words = 1000;
  constexpr std::uint64_t value = 77;
  const auto arrays = arrays_for(op, words);
  const HostSlice all{0, words};
  fill_slice(op, arrays, all);
  if (op != HostOp::read) {
    EXPECT_EQ(check_slice(op, arrays, all, value).wrong_words, words);
  }

  const kernels::HostLoops& loops = kernels::widest_host_loops();
  if (op == HostOp::read) {
    EXPECT_EQ(loops.read(arrays[0].words(), words), expected_sum(all));
  }
  if (op == HostOp::write) loops.write(arrays[0].words(), value, words);
  if (op == HostOp::copy) loops.copy(arrays[0].words(), arrays[1].words(), words);
  if (op == HostOp::triad) {
    loops.triad(arrays[0].reals(), arrays[1].reals(), arrays[2].reals(), triad_factor, words);
  }
  EXPECT_EQ(check_slice(op, arrays, all, value).wrong_words, 0u);

  arrays[0].words()[640] ^= 1;
  arrays[0].words()[999] ^= 1ull << 63;
  const auto report = check_slice(op, arrays, all, value);
  EXPECT_EQ(report.wrong_words, 2u);
  EXPECT_EQ(report.first_wrong, 640u);
  EXPECT_EQ(check_slice(op, arrays, {641, 999}, value).wrong_words, 0u);
}

INSTANTIATE_TEST_SUITE_P(Operations, HostContentOf,
                         testing::Values(HostOp::read, HostOp::write, HostOp::copy, HostOp::triad),
                         [](const auto& row) { return std::string(name(row.param)); });

TEST(HostContent, TriadIsExactInFusedAndUnfusedArithmetic) {
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const double exact = triad_b(i) + 3 * triad_c(i);
    EXPECT_LT(exact, 9007199254740992.0);  // 2^53
    EXPECT_EQ(static_cast<std::uint64_t>(exact),
              static_cast<std::uint64_t>(triad_b(i)) + 3 * static_cast<std::uint64_t>(triad_c(i)));
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
