// SPDX-License-Identifier: Apache-2.0
// The test pattern: every 8-byte word depends on its 64-bit position and a seed, and never repeats,
// so that a missing, stale, swapped or flipped piece of a copy shows. One body for the GPU and for
// the CPU.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#define PEERBENCH_BODY __host__ __device__ inline
#else
#define PEERBENCH_BODY inline
#endif

// Loops as nvcc has to make them: as they stand, since it would unroll them until registers for
// half of the threads are left; and written out, so that an array in them lies in registers.
#ifdef __CUDA_ARCH__
#define PEERBENCH_ROLLED _Pragma("unroll 1")
#define PEERBENCH_UNROLLED _Pragma("unroll")
#else
#define PEERBENCH_ROLLED
#define PEERBENCH_UNROLLED
#endif

namespace peerbench::kernels {

/// Word `index` of the pattern with `seed`: splitmix64 (Steele, Lea and Flood, OOPSLA 2014). A
/// bijection of the index, so two positions of one pattern never hold the same word; the seed is
/// spread over all bits first, so that the pattern of one seed is no near shift of another's.
PEERBENCH_BODY std::uint64_t pattern_word(std::uint64_t index, std::uint64_t seed) {
  std::uint64_t z = index * 0x9e3779b97f4a7c15ull + seed * 0xd1342543de82ef95ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// The first `length` bytes (at most 8) of a word in memory. Shifts, since a memcpy of a length that
// is not known takes local memory on a GPU. GPUs and the hosts that have them are little-endian.
PEERBENCH_BODY void store_part(unsigned char* to, std::uint64_t word, std::uint64_t length) {
  PEERBENCH_ROLLED
  for (std::uint64_t i = 0; i < length; ++i) to[i] = static_cast<unsigned char>(word >> (8 * i));
}
PEERBENCH_BODY std::uint64_t load_part(const unsigned char* from, std::uint64_t length) {
  std::uint64_t word = 0;
  PEERBENCH_ROLLED
  for (std::uint64_t i = 0; i < length; ++i) word |= std::uint64_t{from[i]} << (8 * i);
  return word;
}

/// What an array is filled with, or checked against, all from one seed.
enum class Content : std::uint32_t {
  pattern,  ///< pattern_word
  written,  ///< what the write kernel stores: start + index x odd number, cheap to make
  real_b,   ///< whole numbers below 2^50 as doubles: what the triad adds to...
  real_c,   ///< ...and what it multiplies, below 2^48
  triad,    ///< real_b + triad_scale x real_c, exact whether or not multiply and add are fused
};

inline constexpr double triad_scale = 3;

/// The write kernel's words go up by this from one to the next; odd, so none comes twice.
inline constexpr std::uint64_t written_step = 0x9e3779b97f4a7c15ull;

PEERBENCH_BODY double real_b(std::uint64_t index, std::uint64_t seed) {
  return static_cast<double>(pattern_word(index, seed) >> 14);
}
PEERBENCH_BODY double real_c(std::uint64_t index, std::uint64_t seed) {
  return static_cast<double>(pattern_word(index, ~seed) >> 16);
}

/// Word `index` of an array that holds `content`.
template <Content content>
PEERBENCH_BODY std::uint64_t content_word(std::uint64_t index, std::uint64_t seed) {
  if constexpr (content == Content::pattern) {
    return pattern_word(index, seed);
  } else if constexpr (content == Content::written) {
    return pattern_word(~0ull, seed) + index * written_step;
  } else {
    double real = 0;
    if constexpr (content == Content::real_b) real = real_b(index, seed);
    if constexpr (content == Content::real_c) real = real_c(index, seed);
    if constexpr (content == Content::triad) {
      real = real_b(index, seed) + triad_scale * real_c(index, seed);
    }
    std::uint64_t word = 0;
    memcpy(&word, &real, sizeof word);
    return word;
  }
}

/// Calls `work.template operator()<content>()`, so that loops are made for each content.
template <typename Work>
PEERBENCH_BODY auto with_content(Content content, const Work& work) {
  switch (content) {
    case Content::written:
      return work.template operator()<Content::written>();
    case Content::real_b:
      return work.template operator()<Content::real_b>();
    case Content::real_c:
      return work.template operator()<Content::real_c>();
    case Content::triad:
      return work.template operator()<Content::triad>();
    case Content::pattern:
      break;
  }
  return work.template operator()<Content::pattern>();
}

/// What a check found. Start it from this default before each check.
struct PatternReport {
  std::uint64_t wrong_words = 0;
  std::uint64_t first_wrong = ~0ull;  ///< lowest index of a wrong word; ~0 when there is none
};

/// Writes words first, first + step, ... of an array of `bytes`; `array` need not be aligned.
template <Content content = Content::pattern>
PEERBENCH_BODY void fill_body(unsigned char* array, std::uint64_t bytes, std::uint64_t seed,
                              std::uint64_t first, std::uint64_t step) {
  std::uint64_t i = first;
  for (; i < bytes / 8; i += step) {
    const std::uint64_t word = content_word<content>(i, seed);
    memcpy(array + i * 8, &word, 8);
  }
  if (i * 8 < bytes) {  // the tail's word, if it is one of ours
    store_part(array + i * 8, content_word<content>(i, seed), bytes - i * 8);
  }
}

/// Compares words first, first + step, ... and returns what is wrong among them.
template <Content content = Content::pattern>
PEERBENCH_BODY PatternReport check_body(const unsigned char* array, std::uint64_t bytes,
                                        std::uint64_t seed, std::uint64_t first,
                                        std::uint64_t step) {
  PatternReport report;
  const auto compare = [&](std::uint64_t i, std::uint64_t found, std::uint64_t expected) {
    if (found == expected) return;
    if (report.wrong_words == 0) report.first_wrong = i;
    ++report.wrong_words;
  };
  std::uint64_t i = first;
  for (; i < bytes / 8; i += step) {
    std::uint64_t found = 0;
    memcpy(&found, array + i * 8, 8);
    compare(i, found, content_word<content>(i, seed));
  }
  if (i * 8 < bytes) {  // the tail's word, if it is one of ours
    const std::uint64_t length = bytes - i * 8;
    const std::uint64_t part = (std::uint64_t{1} << (8 * length)) - 1;
    compare(i, load_part(array + i * 8, length), content_word<content>(i, seed) & part);
  }
  return report;
}

/// Sum (modulo 2^64) of words first, first + step, ... of a pattern of `bytes`, the last of which
/// is filled up with 0. No memory is looked at: it is what the words of an array must add up to.
PEERBENCH_BODY std::uint64_t pattern_sum_body(std::uint64_t bytes, std::uint64_t seed,
                                              std::uint64_t first, std::uint64_t step) {
  std::uint64_t sum = 0;
  std::uint64_t i = first;
  for (; i < bytes / 8; i += step) sum += pattern_word(i, seed);
  if (i * 8 < bytes) {  // the tail's word, if it is one of ours
    sum += pattern_word(i, seed) & ((std::uint64_t{1} << (8 * (bytes - i * 8))) - 1);
  }
  return sum;
}

/// Fills `bytes` of memory of the current device (or mapped to it) with `content` made from `seed`,
/// on `stream`. Returns the launch's error.
cudaError_t launch_fill(void* array, std::uint64_t bytes, std::uint64_t seed, cudaStream_t stream,
                        Content content = Content::pattern);

/// Checks `bytes` against `content` and adds what is wrong to `*report` (memory of the device).
cudaError_t launch_check(const void* array, std::uint64_t bytes, std::uint64_t seed,
                         PatternReport* report, cudaStream_t stream,
                         Content content = Content::pattern);

/// Adds the sum of the words of a pattern of `bytes` made from `seed` (pattern_sum_body) to `*sum`,
/// memory of the device.
cudaError_t launch_pattern_sum(std::uint64_t bytes, std::uint64_t seed, std::uint64_t* sum,
                               cudaStream_t stream);

}  // namespace peerbench::kernels
