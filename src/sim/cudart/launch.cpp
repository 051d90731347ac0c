// SPDX-License-Identifier: Apache-2.0
// Kernel launches, in all the shapes that compilers and programs use.
#include "sim/cudart/attributes.hpp"
#include "sim/cudart/registry.hpp"

using namespace peerbench::sim;

namespace {

bool fits(Call& c, const dim3& grid, const dim3& block, std::size_t shared) {
  const auto of = [&](cudaDeviceAttr number) {
    return static_cast<unsigned>(attribute(c.machine, c.gpu, number).value_or(0));
  };
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return false;
  if (block.x == 0 || block.y == 0 || block.z == 0) return false;
  return block.x * block.y * block.z <= of(cudaDevAttrMaxThreadsPerBlock) &&
         block.x <= of(cudaDevAttrMaxBlockDimX) && block.y <= of(cudaDevAttrMaxBlockDimY) &&
         block.z <= of(cudaDevAttrMaxBlockDimZ) && grid.x <= of(cudaDevAttrMaxGridDimX) &&
         grid.y <= of(cudaDevAttrMaxGridDimY) && grid.z <= of(cudaDevAttrMaxGridDimZ) &&
         shared <= of(cudaDevAttrMaxSharedMemoryPerBlockOptin);
}

cudaError_t launch(const void* function, const dim3& grid, const dim3& block, void** arguments,
                   std::size_t shared, cudaStream_t handle, bool per_thread,
                   const char* name = __builtin_FUNCTION()) {
  return call({&HostCallCosts::launch_us, name}, [&](Call& c) {
    const Kernel* kernel = find_kernel(function);
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    Stream* stream = c.stream(handle, per_thread);
    if (stream == nullptr || stream->gpu != c.gpu) return cudaErrorInvalidResourceHandle;
    if (!fits(c, grid, block, shared)) return cudaErrorInvalidConfiguration;
    const auto threads = static_cast<int>(block.x * block.y * block.z);
    return c.machine.launch(
        {.name = kernel->name,
         .counterpart = kernel->counterpart,
         .arguments = arguments,
         .blocks = std::uint64_t{grid.x} * grid.y * grid.z,
         .blocks_per_multiprocessor = resident_blocks(c.machine, c.gpu, threads, shared)},
        *stream);
  });
}

}  // namespace

extern "C" {

cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments,
                             size_t shared, cudaStream_t stream) {
  return launch(function, grid, block, arguments, shared, stream, false);
}

cudaError_t cudaLaunchKernel_ptsz(const void* function, dim3 grid, dim3 block, void** arguments,
                                  size_t shared, cudaStream_t stream) {
  return launch(function, grid, block, arguments, shared, stream, true);
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                               size_t shared, cudaStream_t stream) {
  return launch(kernel, grid, block, arguments, shared, stream, false);
}

cudaError_t __cudaLaunchKernel_ptsz(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                                    size_t shared, cudaStream_t stream) {
  return launch(kernel, grid, block, arguments, shared, stream, true);
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function,
                                void** arguments) {
  return launch(function, config->gridDim, config->blockDim, arguments, config->dynamicSmemBytes,
                config->stream, false);
}

cudaError_t cudaLaunchKernelExC_ptsz(const cudaLaunchConfig_t* config, const void* function,
                                     void** arguments) {
  return launch(function, config->gridDim, config->blockDim, arguments, config->dynamicSmemBytes,
                config->stream, true);
}

cudaError_t cudaLaunchCooperativeKernel(const void* function, dim3 grid, dim3 block,
                                        void** arguments, size_t shared, cudaStream_t stream) {
  return launch(function, grid, block, arguments, shared, stream, false);
}

}  // extern "C"
