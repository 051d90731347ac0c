// SPDX-License-Identifier: Apache-2.0
#include "kernels/numbers.hpp"

#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace peerbench::kernels {
namespace TEST_FILE {

constexpr std::uint64_t seed = 7;

std::vector<unsigned char> filled(std::uint64_t count, Real real, std::uint32_t rank) {
  std::vector<unsigned char> array(count * bytes_of(real));
  fill_numbers_body(array.data(), count, real, rank, seed, 0, 1);
  return array;
}

float number(const std::vector<unsigned char>& array, Real real, std::uint64_t index) {
  if (real == Real::half) {
    __half_raw value;
    std::memcpy(&value.x, array.data() + 2 * index, 2);
    return __half2float(value);
  }
  float value = 0;
  std::memcpy(&value, array.data() + 4 * index, 4);
  return value;
}

TEST(Numbers, WholeOnesAsRealOnes) {
  for (std::uint32_t whole = 0; whole <= 2048; ++whole) {
    __half_raw half;
    half.x = static_cast<unsigned short>(real_bits(whole, Real::half));
    ASSERT_EQ(__half2float(half), static_cast<float>(whole));
  }
}

TEST(Numbers, AreSmallAndManyOfThemAndDifferByRank) {
  const auto first = filled(1000, Real::single, 0), second = filled(1000, Real::single, 1);
  std::set<float> seen;
  int same = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    seen.insert(number(first, Real::single, i));
    same += number(first, Real::single, i) == number(second, Real::single, i) ? 1 : 0;
  }
  EXPECT_EQ(seen.size(), 64u);
  EXPECT_LT(*seen.rbegin(), 64);
  EXPECT_LT(same, 60) << "as many as chance has it: one in 64";
}

TEST(Numbers, AreTheSameInBothTypesAndHoweverTheWorkIsShared) {
  const auto whole = filled(1001, Real::single, 3), half = filled(1001, Real::half, 3);
  std::vector<unsigned char> shared(1001 * 4);
  for (std::uint64_t first = 0; first < 5; ++first) {
    fill_numbers_body(shared.data(), 1001, Real::single, 3, seed, first, 5);
  }
  EXPECT_EQ(shared, whole);
  for (std::uint64_t i = 0; i < 1001; ++i) {
    ASSERT_EQ(number(half, Real::half, i), number(whole, Real::single, i));
  }
}

TEST(Numbers, SumsAreCheckedFromAnyPlaceOn) {
  constexpr std::uint64_t all = 1000, count = 203;
  for (const Real real : {Real::half, Real::single}) {
    for (const std::uint64_t base : {0, 8, 13, 700}) {
      std::vector<unsigned char> sums(count * bytes_of(real));
      for (std::uint64_t i = 0; i < count; ++i) {
        std::uint32_t sum = 0;
        for (std::uint32_t rank = 2; rank < 2 + 3; ++rank) {
          sum += static_cast<std::uint32_t>(number(filled(all, real, rank), real, base + i));
        }
        const std::uint32_t bits = real_bits(sum, real);
        std::memcpy(sums.data() + i * bytes_of(real), &bits, bytes_of(real));
      }
      const SumOf sum{base, 2, 3};
      EXPECT_EQ(check_numbers_body(sums.data(), count, real, sum, seed, 0, 1).wrong_words, 0u);
      sums[150 * bytes_of(real)] ^= 1;
      const auto report = check_numbers_body(sums.data(), count, real, sum, seed, 0, 1);
      EXPECT_EQ(report.wrong_words, 1u);
      EXPECT_EQ(report.first_wrong, 150u);
      const SumOf other{base, 3, 3};
      EXPECT_GT(check_numbers_body(sums.data(), count, real, other, seed, 0, 1).wrong_words,
                count / 2);
    }
  }
}

TEST(Numbers, SumsOfTheMostRanksFit) {
  std::uint32_t largest = 0;
  for (std::uint64_t block = 0; block < 200; ++block) {
    EightNumbers sum;
    for (std::uint32_t rank = 0; rank < most_ranks; ++rank) {
      const EightNumbers given = given_numbers(block, rank, seed);
      sum.even += given.even;
      sum.odd += given.odd;
    }
    for (unsigned k = 0; k < 8; ++k) largest = std::max(largest, sum.at(k));
  }
  EXPECT_LE(63 * most_ranks, 2048u);
  EXPECT_LE(largest, 63 * most_ranks);
}

}  // namespace TEST_FILE
}  // namespace peerbench::kernels
