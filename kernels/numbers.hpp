// SPDX-License-Identifier: Apache-2.0
// What collectives are checked with: whole numbers so small that sums over all ranks are exact in
// every type of real number and in any order. One body for the GPU and for the CPU.
#pragma once

#include "kernels/pattern.hpp"

namespace peerbench::kernels {

enum class Real : std::uint32_t { half, single };

PEERBENCH_BODY std::uint64_t bytes_of(Real real) { return real == Real::half ? 2 : 4; }

/// Ranks whose numbers may be added: each is below 64, and half precision holds whole numbers up to
/// 2048 exactly (IEEE 754 binary16, 11 bits).
inline constexpr std::uint32_t most_ranks = 32;

/// Numbers 8 x `block` to 8 x `block` + 7 of what `rank` gives, those of even index in the first
/// word and of odd index in the second, 16 bits each: six bits of each byte of the pattern, whose
/// words never repeat. Sums of up to `most_ranks` such words do not overflow their lanes.
struct EightNumbers {
  std::uint64_t even = 0, odd = 0;

  PEERBENCH_BODY std::uint32_t at(unsigned index) const {
    return static_cast<std::uint32_t>((index % 2 == 0 ? even : odd) >> (8 * (index & ~1u))) &
           0xffff;
  }
};
PEERBENCH_BODY EightNumbers given_numbers(std::uint64_t block, std::uint32_t rank,
                                          std::uint64_t seed) {
  constexpr std::uint64_t six_bits_of_each = 0x003f003f003f003full;
  const std::uint64_t word = pattern_word(block, seed * most_ranks + rank);
  return {word & six_bits_of_each, (word >> 8) & six_bits_of_each};
}

/// The bits of a whole number up to 2048 as a real one, binary16 or binary32.
PEERBENCH_BODY std::uint32_t real_bits(std::uint32_t number, Real real) {
  const auto single = static_cast<float>(number);
  std::uint32_t bits = 0;
  memcpy(&bits, &single, sizeof bits);
  if (real == Real::single || number == 0) return bits;
  constexpr std::uint32_t other_bias = (127 - 15) << 10;
  return (bits >> 13) - other_bias;  // the fraction's other bits are 0
}

/// A block of a result: the sums of what `terms` ranks from `first_rank` on gave, from `base` on.
struct SumOf {
  std::uint64_t base = 0;
  std::uint32_t first_rank = 0;
  std::uint32_t terms = 1;
};

/// Writes blocks of eight numbers first, first + step, ... of the `count` that `rank` gives.
PEERBENCH_BODY void fill_numbers_body(unsigned char* array, std::uint64_t count, Real real,
                                      std::uint32_t rank, std::uint64_t seed, std::uint64_t first,
                                      std::uint64_t step) {
  for (std::uint64_t block = first; block * 8 < count; block += step) {
    const EightNumbers given = given_numbers(block, rank, seed);
    for (unsigned k = 0; k < 8 && block * 8 + k < count; ++k) {
      const std::uint32_t bits = real_bits(given.at(k), real);
      if (real == Real::half) {
        reinterpret_cast<std::uint16_t*>(array)[block * 8 + k] = static_cast<std::uint16_t>(bits);
      } else {
        reinterpret_cast<std::uint32_t*>(array)[block * 8 + k] = bits;
      }
    }
  }
}

/// Compares blocks of eight numbers first, first + step, ... of an array; the report counts
/// numbers.
PEERBENCH_BODY PatternReport check_numbers_body(const unsigned char* array, std::uint64_t count,
                                                Real real, SumOf sum, std::uint64_t seed,
                                                std::uint64_t first, std::uint64_t step) {
  PatternReport report;
  const auto shift = static_cast<unsigned>(sum.base % 8);
  for (std::uint64_t block = first; block * 8 < count; block += step) {
    // The array's blocks need not begin where those that were given do.
    EightNumbers here, behind;
    for (std::uint32_t term = 0; term < sum.terms; ++term) {
      const EightNumbers given = given_numbers(sum.base / 8 + block, sum.first_rank + term, seed);
      here.even += given.even;
      here.odd += given.odd;
      if (shift == 0) continue;
      const EightNumbers more =
          given_numbers(sum.base / 8 + block + 1, sum.first_rank + term, seed);
      behind.even += more.even;
      behind.odd += more.odd;
    }
    for (unsigned k = 0; k < 8 && block * 8 + k < count; ++k) {
      const std::uint32_t number = k + shift < 8 ? here.at(k + shift) : behind.at(k + shift - 8);
      const std::uint64_t i = block * 8 + k;
      const std::uint32_t found = real == Real::half
                                      ? reinterpret_cast<const std::uint16_t*>(array)[i]
                                      : reinterpret_cast<const std::uint32_t*>(array)[i];
      if (found == real_bits(number, real)) continue;
      if (report.wrong_words++ == 0) report.first_wrong = i;
    }
  }
  return report;
}

/// Fills memory of the current device with the `count` numbers that `rank` gives, on `stream`.
cudaError_t launch_fill_numbers(void* array, std::uint64_t count, Real real, std::uint32_t rank,
                                std::uint64_t seed, cudaStream_t stream);

/// Checks a block of `count` numbers and adds what is wrong to `*report` (memory of the device).
cudaError_t launch_check_numbers(const void* array, std::uint64_t count, Real real, SumOf sum,
                                 std::uint64_t seed, PatternReport* report, cudaStream_t stream);

}  // namespace peerbench::kernels
