// SPDX-License-Identifier: Apache-2.0
#include "kernels/preload.hpp"

namespace peerbench::kernels {

cudaError_t load_all() {
  cudaError_t first = cudaSuccess;
  for (const KernelTable table : {chase_kernels(), gate_kernels(), move_kernels(),
                                  numbers_kernels(), pattern_kernels(), ping_pong_kernels()}) {
    for (const void* const kernel : table) {
      cudaFuncAttributes attributes;
      const cudaError_t code = cudaFuncGetAttributes(&attributes, kernel);
      if (first == cudaSuccess) first = code;
    }
  }
  return first;
}

}  // namespace peerbench::kernels
