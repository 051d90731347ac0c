// SPDX-License-Identifier: Apache-2.0
#include "kernels/resident.cuh"
#include "kernels/whole_array.cuh"
#include "variants.hpp"

namespace peerbench::variants {
namespace {

using kernels::Move;
using kernels::move_threads;

// Eight loads need more registers than leave room for all threads.
constexpr unsigned least_blocks(int loads) { return loads > 4 ? 4 : kernels::resident_blocks; }

template <int loads>
__global__ void __launch_bounds__(move_threads, least_blocks(loads)) copy_kernel(Arrays a) {
  kernels::copy_pieces<move_threads, loads, kernels::Piece16>(
      static_cast<unsigned char*>(a.to), static_cast<const unsigned char*>(a.b), a.bytes,
      kernels::my_first(), kernels::my_step());
}

template <int loads>
__global__ void __launch_bounds__(move_threads, least_blocks(loads)) triad_kernel(Arrays a) {
  kernels::triad_body<move_threads, loads / 2>(
      static_cast<double*>(a.to), static_cast<const double*>(a.b), static_cast<const double*>(a.c),
      kernels::triad_scale, a.bytes / 8, kernels::my_first(), kernels::my_step());
}

// Adds to sums[0], which is 0 at first only where the sum is looked at.
template <int loads>
__global__ void __launch_bounds__(move_threads, least_blocks(loads)) read_kernel(Arrays a) {
  kernels::add_to_sum(
      kernels::read_body<move_threads, loads>(static_cast<const unsigned char*>(a.b), a.bytes,
                                              kernels::my_first(), kernels::my_step()),
      a.sums);
}

using Kernel = void (*)(Arrays);

template <int loads>
Kernel kernel_for(Move move) {
  if (move == Move::read) return read_kernel<loads>;
  return move == Move::triad ? triad_kernel<loads> : copy_kernel<loads>;
}

Kernel kernel_of(const Variant& variant) {
  if (variant.loads == 2) return kernel_for<2>(variant.move);
  return variant.loads == 8 ? kernel_for<8>(variant.move) : kernel_for<4>(variant.move);
}

}  // namespace

cudaError_t resident_blocks(const Variant& variant, int& blocks) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel_of(variant), move_threads,
                                                       0);
}

cudaError_t launch(const Variant& variant, const Arrays& arrays, unsigned blocks,
                   cudaStream_t stream) {
  kernel_of(variant)<<<blocks, move_threads, 0, stream>>>(arrays);
  return cudaGetLastError();
}

}  // namespace peerbench::variants
