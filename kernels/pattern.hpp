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

/// What a check found. Start it from this default before each check.
struct PatternReport {
  std::uint64_t wrong_words = 0;
  std::uint64_t first_wrong = ~0ull;  ///< lowest index of a wrong word; ~0 when there is none
};

/// Writes words first, first + step, ... of an array of `bytes`; `array` need not be aligned.
PEERBENCH_BODY void fill_body(unsigned char* array, std::uint64_t bytes, std::uint64_t seed,
                              std::uint64_t first, std::uint64_t step) {
  std::uint64_t i = first;
  for (; i < bytes / 8; i += step) {
    const std::uint64_t word = pattern_word(i, seed);
    memcpy(array + i * 8, &word, 8);
  }
  if (i * 8 < bytes) {  // the tail's word, if it is one of ours
    const std::uint64_t word = pattern_word(i, seed);
    memcpy(array + i * 8, &word, bytes - i * 8);
  }
}

/// Compares words first, first + step, ... and returns what is wrong among them.
PEERBENCH_BODY PatternReport check_body(const unsigned char* array, std::uint64_t bytes,
                                        std::uint64_t seed, std::uint64_t first,
                                        std::uint64_t step) {
  PatternReport report;
  const auto compare = [&](std::uint64_t i, std::uint64_t length) {
    const std::uint64_t expected = pattern_word(i, seed);
    std::uint64_t found = expected;  // keeps what lies beyond the tail equal
    memcpy(&found, array + i * 8, length);
    if (found == expected) return;
    if (report.wrong_words == 0) report.first_wrong = i;
    ++report.wrong_words;
  };
  std::uint64_t i = first;
  for (; i < bytes / 8; i += step) compare(i, 8);
  if (i * 8 < bytes) compare(i, bytes - i * 8);  // the tail's word, if it is one of ours
  return report;
}

/// Fills `bytes` of memory of the current device (or mapped to it) with the pattern, on `stream`.
/// Returns the launch's error.
cudaError_t launch_fill(void* array, std::uint64_t bytes, std::uint64_t seed, cudaStream_t stream);

/// Checks `bytes` against the pattern and adds what is wrong to `*report` (memory of the device).
cudaError_t launch_check(const void* array, std::uint64_t bytes, std::uint64_t seed,
                         PatternReport* report, cudaStream_t stream);

}  // namespace peerbench::kernels
