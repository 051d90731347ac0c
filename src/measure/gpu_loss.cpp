// SPDX-License-Identifier: Apache-2.0
#include "measure/gpu_loss.hpp"

#include <cuda_runtime_api.h>

namespace peerbench::measure {

GpuLoss ask_about(int gpu) {
  int former = 0;
  cudaGetDevice(&former);  // only asks the driver
  cudaError_t code = cudaSetDevice(gpu);
  if (code == cudaSuccess) {
    code = cudaStreamQuery(cudaStreamLegacy);
    cudaSetDevice(former);  // was current before, and what is lost of it is found out by its cells
  }
  cudaGetLastError();
  const Loss loss = loss_of(code);
  return {loss, loss == Loss::none ? "" : cudaGetErrorName(code)};
}

}  // namespace peerbench::measure
