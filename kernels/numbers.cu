#include "kernels/numbers.hpp"

namespace {

using peerbench::kernels::PatternReport;
using peerbench::kernels::Real;
using peerbench::kernels::SumOf;

__device__ std::uint64_t my_first() { return blockIdx.x * std::uint64_t{blockDim.x} + threadIdx.x; }
__device__ std::uint64_t my_step() { return gridDim.x * std::uint64_t{blockDim.x}; }

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
  if (mine.wrong_words == 0) return;
  atomicAdd(reinterpret_cast<unsigned long long*>(&report->wrong_words),
            static_cast<unsigned long long>(mine.wrong_words));
  atomicMin(reinterpret_cast<unsigned long long*>(&report->first_wrong),
            static_cast<unsigned long long>(mine.first_wrong));
}

namespace peerbench::kernels {
namespace {

constexpr unsigned block_threads = 256;
constexpr unsigned grid_blocks = 2048;

unsigned blocks_for(std::uint64_t count) {
  const std::uint64_t wanted = (count / 8 + block_threads) / block_threads;
  return wanted < grid_blocks ? static_cast<unsigned>(wanted) : grid_blocks;
}

}  // namespace

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

}  // namespace peerbench::kernels
