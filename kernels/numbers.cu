// SPDX-License-Identifier: Apache-2.0
#include "kernels/numbers.hpp"
#include "kernels/preload.hpp"
#include "kernels/whole_array.cuh"

namespace {

using peerbench::kernels::my_first;
using peerbench::kernels::my_step;
using peerbench::kernels::PatternReport;
using peerbench::kernels::Real;
using peerbench::kernels::SumOf;

}  // namespace

extern "C" __global__ void peerbench_fill_numbers(unsigned char* array, std::uint64_t count,
                                                  Real real, std::uint32_t rank,
                                                  std::uint64_t seed) {
  peerbench::kernels::fill_numbers_body(array, count, real, rank, seed, my_first(), my_step());
}

extern "C" __global__ void peerbench_check_numbers(const unsigned char* array, std::uint64_t count,
                                                   Real real, SumOf sum, std::uint64_t seed,
                                                   PatternReport* report) {
  const PatternReport mine =
      peerbench::kernels::check_numbers_body(array, count, real, sum, seed, my_first(), my_step());
  peerbench::kernels::add_to_report(mine, report);
}

namespace peerbench::kernels {
cudaError_t launch_fill_numbers(void* array, std::uint64_t count, Real real, std::uint32_t rank,
                                std::uint64_t seed, cudaStream_t stream) {
  peerbench_fill_numbers<<<blocks_for(count), block_threads, 0, stream>>>(
      static_cast<unsigned char*>(array), count, real, rank, seed);
  return cudaGetLastError();
}

cudaError_t launch_check_numbers(const void* array, std::uint64_t count, Real real, SumOf sum,
                                 std::uint64_t seed, PatternReport* report, cudaStream_t stream) {
  peerbench_check_numbers<<<blocks_for(count), block_threads, 0, stream>>>(
      static_cast<const unsigned char*>(array), count, real, sum, seed, report);
  return cudaGetLastError();
}

KernelTable numbers_kernels() {
  static const void* const all[] = {reinterpret_cast<const void*>(&peerbench_fill_numbers),
                                    reinterpret_cast<const void*>(&peerbench_check_numbers)};
  return all;
}

}  // namespace peerbench::kernels
