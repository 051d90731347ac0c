// SPDX-License-Identifier: Apache-2.0
#include "kernels/move.hpp"

#include <algorithm>

#include "kernels/preload.hpp"
#include "kernels/resident.cuh"
#include "kernels/whole_array.cuh"

namespace {

using peerbench::kernels::move_threads;
using peerbench::kernels::my_first;
using peerbench::kernels::my_step;
using peerbench::kernels::resident_blocks;

// Sum over the block, in its first thread. No atomics: a repeated read leaves the same memory.
__device__ std::uint64_t sum_of_block(std::uint64_t mine) {
  constexpr unsigned warp = 32;
  __shared__ std::uint64_t of_warps[move_threads / warp];
  mine = peerbench::kernels::sum_of_warp(mine);
  if (threadIdx.x % warp == 0) of_warps[threadIdx.x / warp] = mine;
  __syncthreads();
  std::uint64_t sum = 0;
  if (threadIdx.x == 0) {
    for (const std::uint64_t one : of_warps) sum += one;
  }
  return sum;
}

}  // namespace

// What is written is not said to lie apart from what is read (__restrict__): so no load may be
// moved behind a store, and all of a round are under way before the first is waited for.
extern "C" __global__ void __launch_bounds__(move_threads, resident_blocks)
    peerbench_copy(unsigned char* to, const unsigned char* from, std::uint64_t bytes) {
  peerbench::kernels::copy_body<move_threads>(to, from, bytes, my_first(), my_step());
}

extern "C" __global__ void __launch_bounds__(move_threads, resident_blocks)
    peerbench_read(const unsigned char* __restrict__ from, std::uint64_t bytes,
                   std::uint64_t* __restrict__ sums, std::uint64_t blocks) {
  const std::uint64_t sum =
      sum_of_block(peerbench::kernels::read_body<move_threads>(from, bytes, my_first(), my_step()));
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
  if (threadIdx.x != 0 || blockIdx.x != 0) return;
  for (std::uint64_t idle = gridDim.x; idle < blocks; ++idle) sums[idle] = 0;
}

extern "C" __global__ void __launch_bounds__(move_threads, resident_blocks)
    peerbench_write(unsigned char* __restrict__ to, std::uint64_t bytes, std::uint64_t seed) {
  peerbench::kernels::write_body<move_threads>(to, bytes, seed, my_first(), my_step());
}

extern "C" __global__ void __launch_bounds__(move_threads, resident_blocks)
    peerbench_triad(double* to, const double* b, const double* c, double scale,
                    std::uint64_t count) {
  peerbench::kernels::triad_body<move_threads>(to, b, c, scale, count, my_first(), my_step());
}

namespace peerbench::kernels {
namespace {

const void* kernel_of(Move move) {
  switch (move) {
    case Move::read:
      return reinterpret_cast<const void*>(&peerbench_read);
    case Move::write:
      return reinterpret_cast<const void*>(&peerbench_write);
    case Move::triad:
      return reinterpret_cast<const void*>(&peerbench_triad);
    case Move::copy:
    case Move::chase:
    case Move::ping_pong:
      break;
  }
  return reinterpret_cast<const void*>(&peerbench_copy);
}

// No more blocks than there is a round's work for, and at least one: it does heads and tails.
unsigned enough(std::uint64_t bytes, unsigned blocks) {
  const std::uint64_t useful = bytes / 16 / move_threads / in_flight + 1;
  return static_cast<unsigned>(std::min<std::uint64_t>(useful, std::max(blocks, 1u)));
}

}  // namespace

cudaError_t saturating_blocks(Move move, unsigned& blocks) {
  blocks = 1;
  if (move == Move::chase || move == Move::ping_pong) return cudaSuccess;
  int device = 0, multiprocessors = 0, resident = 0;
  cudaError_t code = cudaGetDevice(&device);
  if (code != cudaSuccess) return code;
  code = cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device);
  if (code != cudaSuccess) return code;
  code = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, kernel_of(move), move_threads, 0);
  if (code != cudaSuccess) return code;
  blocks = static_cast<unsigned>(std::max(1, resident) * std::max(1, multiprocessors));
  return cudaSuccess;
}

cudaError_t launch_copy(void* to, const void* from, std::uint64_t bytes, unsigned blocks,
                        cudaStream_t stream) {
  peerbench_copy<<<enough(bytes, blocks), move_threads, 0, stream>>>(
      static_cast<unsigned char*>(to), static_cast<const unsigned char*>(from), bytes);
  return cudaGetLastError();
}

cudaError_t launch_read(const void* from, std::uint64_t bytes, std::uint64_t* sums, unsigned blocks,
                        cudaStream_t stream) {
  peerbench_read<<<enough(bytes, blocks), move_threads, 0, stream>>>(
      static_cast<const unsigned char*>(from), bytes, sums, blocks);
  return cudaGetLastError();
}

cudaError_t launch_write(void* to, std::uint64_t bytes, std::uint64_t seed, unsigned blocks,
                         cudaStream_t stream) {
  peerbench_write<<<enough(bytes, blocks), move_threads, 0, stream>>>(
      static_cast<unsigned char*>(to), bytes, seed);
  return cudaGetLastError();
}

cudaError_t launch_triad(double* to, const double* b, const double* c, std::uint64_t count,
                         unsigned blocks, cudaStream_t stream) {
  peerbench_triad<<<enough(count * 8, blocks), move_threads, 0, stream>>>(to, b, c, triad_scale,
                                                                          count);
  return cudaGetLastError();
}

KernelTable move_kernels() {
  static const void* const all[] = {reinterpret_cast<const void*>(&peerbench_copy),
                                    reinterpret_cast<const void*>(&peerbench_read),
                                    reinterpret_cast<const void*>(&peerbench_write),
                                    reinterpret_cast<const void*>(&peerbench_triad)};
  return all;
}

}  // namespace peerbench::kernels
