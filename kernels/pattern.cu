// SPDX-License-Identifier: Apache-2.0
#include "kernels/pattern.hpp"

#include "kernels/preload.hpp"
#include "kernels/whole_array.cuh"

namespace {

using peerbench::kernels::Content;
using peerbench::kernels::PatternReport;

// 8-byte words when the array is aligned for them, which every allocation is; bytes otherwise.
PEERBENCH_BODY bool aligned(const void* array) {
  return (reinterpret_cast<std::uintptr_t>(array) & 7) == 0;
}

}  // namespace

namespace {

// One thread's share of an array, for each content; with_content() wants what both sides can call.
struct Share {
  unsigned char* array;
  std::uint64_t bytes, seed, first, step;
};

struct Fill : Share {
  template <Content content>
  PEERBENCH_BODY void operator()() const {
    if (!aligned(array)) {
      return peerbench::kernels::fill_body<content>(array, bytes, seed, first, step);
    }
    auto* words = reinterpret_cast<std::uint64_t*>(array);
    for (std::uint64_t i = first; i < bytes / 8; i += step) {
      words[i] = peerbench::kernels::content_word<content>(i, seed);
    }
    if (first == 0 && bytes % 8 != 0) {
      peerbench::kernels::fill_body<content>(array, bytes, seed, bytes / 8, 1);
    }
  }
};

struct Check : Share {
  template <Content content>
  PEERBENCH_BODY PatternReport operator()() const {
    if (!aligned(array)) {
      return peerbench::kernels::check_body<content>(array, bytes, seed, first, step);
    }
    PatternReport mine;
    const auto* words = reinterpret_cast<const std::uint64_t*>(array);
    for (std::uint64_t i = first; i < bytes / 8; i += step) {
      if (words[i] == peerbench::kernels::content_word<content>(i, seed)) continue;
      if (mine.wrong_words++ == 0) mine.first_wrong = i;
    }
    if (first == 0 && bytes % 8 != 0) {
      const auto tail = peerbench::kernels::check_body<content>(array, bytes, seed, bytes / 8, 1);
      if (mine.wrong_words == 0) mine.first_wrong = tail.first_wrong;
      mine.wrong_words += tail.wrong_words;
    }
    return mine;
  }
};

__device__ Share my_share(unsigned char* array, std::uint64_t bytes, std::uint64_t seed) {
  return {array, bytes, seed, peerbench::kernels::my_first(), peerbench::kernels::my_step()};
}

}  // namespace

extern "C" __global__ void peerbench_fill(unsigned char* array, std::uint64_t bytes,
                                          std::uint64_t seed, Content content) {
  peerbench::kernels::with_content(content, Fill{my_share(array, bytes, seed)});
}

// It only reads the array, whose type is that of the shares above.
extern "C" __global__ void peerbench_check(unsigned char* array, std::uint64_t bytes,
                                           std::uint64_t seed, PatternReport* report,
                                           Content content) {
  const PatternReport mine =
      peerbench::kernels::with_content(content, Check{my_share(array, bytes, seed)});
  peerbench::kernels::add_to_report(mine, report);
}

extern "C" __global__ void peerbench_pattern_sum(std::uint64_t bytes, std::uint64_t seed,
                                                 std::uint64_t* sum) {
  using namespace peerbench::kernels;
  add_to_sum(pattern_sum_body(bytes, seed, my_first(), my_step()), sum);
}

namespace peerbench::kernels {
cudaError_t launch_fill(void* array, std::uint64_t bytes, std::uint64_t seed, cudaStream_t stream,
                        Content content) {
  peerbench_fill<<<blocks_for(bytes), block_threads, 0, stream>>>(
      static_cast<unsigned char*>(array), bytes, seed, content);
  return cudaGetLastError();
}

cudaError_t launch_check(const void* array, std::uint64_t bytes, std::uint64_t seed,
                         PatternReport* report, cudaStream_t stream, Content content) {
  peerbench_check<<<blocks_for(bytes), block_threads, 0, stream>>>(
      static_cast<unsigned char*>(const_cast<void*>(array)), bytes, seed, report, content);
  return cudaGetLastError();
}

cudaError_t launch_pattern_sum(std::uint64_t bytes, std::uint64_t seed, std::uint64_t* sum,
                               cudaStream_t stream) {
  peerbench_pattern_sum<<<blocks_for(bytes), block_threads, 0, stream>>>(bytes, seed, sum);
  return cudaGetLastError();
}

KernelTable pattern_kernels() {
  static const void* const all[] = {reinterpret_cast<const void*>(&peerbench_fill),
                                    reinterpret_cast<const void*>(&peerbench_check),
                                    reinterpret_cast<const void*>(&peerbench_pattern_sum)};
  return all;
}

}  // namespace peerbench::kernels
