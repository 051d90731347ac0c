// SPDX-License-Identifier: Apache-2.0
#include "measure/gpu_loss.hpp"

#include <cuda_runtime_api.h>

namespace peerbench::measure {

GpuLoss ask_about(int gpu) {
  int former = 0;
  const cudaError_t asked = cudaGetDevice(&former);  // of the driver alone
  cudaError_t code = cudaSetDevice(gpu);
  if (code == cudaSuccess) {
    code = cudaStreamQuery(cudaStreamLegacy);
    // What is lost of the one that was current before is found out by its cells.
    if (asked == cudaSuccess) PEERBENCH_FORGIVE(cudaSetDevice(former));
  }
  cudaGetLastError();
  const Loss loss = loss_of(code);
  return {loss, loss == Loss::none ? cudaSuccess : code};
}

}  // namespace peerbench::measure
