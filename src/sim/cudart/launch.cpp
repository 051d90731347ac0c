// SPDX-License-Identifier: Apache-2.0
// Kernel launches, in all the shapes that compilers and programs use.
#include "sim/cudart/attributes.hpp"
#include "sim/cudart/registry.hpp"

using namespace gpusim;

namespace {

/// What a program asks for.
struct Request {
  const void* function = nullptr;
  dim3 grid, block;
  void** arguments = nullptr;
  std::size_t shared = 0;  ///< dynamic
  cudaStream_t stream = nullptr;
  bool per_thread = false;   ///< what a null stream stands for
  bool cooperative = false;  ///< all blocks must be resident at the same time
};

bool has_valid_shape(Call& c, const dim3& grid, const dim3& block) {
  const auto of = [&](cudaDeviceAttr number) {
    return static_cast<unsigned>(attribute(c.machine, c.gpu, number).value_or(0));
  };
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return false;
  if (block.x == 0 || block.y == 0 || block.z == 0) return false;
  return block.x * block.y * block.z <= of(cudaDevAttrMaxThreadsPerBlock) &&
         block.x <= of(cudaDevAttrMaxBlockDimX) && block.y <= of(cudaDevAttrMaxBlockDimY) &&
         block.z <= of(cudaDevAttrMaxBlockDimZ) && grid.x <= of(cudaDevAttrMaxGridDimX) &&
         grid.y <= of(cudaDevAttrMaxGridDimY) && grid.z <= of(cudaDevAttrMaxGridDimZ);
}

cudaError_t launch(const Request& request, const char* name = __builtin_FUNCTION()) {
  return call({&HostCallCosts::launch_us, name}, [&](Call& c) {
    const Kernel* kernel = find_kernel(request.function);
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    Stream* stream = c.stream(request.stream, request.per_thread);
    if (stream == nullptr || stream->gpu != c.gpu) return cudaErrorInvalidResourceHandle;
    const dim3 &grid = request.grid, &block = request.block;
    if (!has_valid_shape(c, grid, block)) return cudaErrorInvalidConfiguration;
    if (request.shared > most_dynamic_shared(c.machine, c.gpu, kernel->name)) {
      return cudaErrorInvalidValue;
    }
    const auto threads = static_cast<int>(block.x * block.y * block.z);
    const Launch asked{
        .name = kernel->name,
        .reference_kernel = kernel->reference_kernel,
        .arguments = request.arguments,
        .blocks = std::uint64_t{grid.x} * grid.y * grid.z,
        .blocks_per_multiprocessor = resident_blocks(c.machine, c.gpu, threads, request.shared)};
    if (request.cooperative) {
      if (attribute(c.machine, c.gpu, cudaDevAttrCooperativeLaunch) != 1) {
        return cudaErrorNotSupported;
      }
      const auto room = static_cast<std::uint64_t>(asked.blocks_per_multiprocessor) *
                        static_cast<std::uint64_t>(c.machine.gpu(c.gpu).multiprocessors);
      if (asked.blocks > room) return cudaErrorCooperativeLaunchTooLarge;
    }
    return c.machine.launch(asked, *stream);
  });
}

}  // namespace

extern "C" {

cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments,
                             size_t shared, cudaStream_t stream) {
  return launch({function, grid, block, arguments, shared, stream});
}

cudaError_t cudaLaunchKernel_ptsz(const void* function, dim3 grid, dim3 block, void** arguments,
                                  size_t shared, cudaStream_t stream) {
  return launch({function, grid, block, arguments, shared, stream, true});
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                               size_t shared, cudaStream_t stream) {
  return launch({kernel, grid, block, arguments, shared, stream});
}

cudaError_t __cudaLaunchKernel_ptsz(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                                    size_t shared, cudaStream_t stream) {
  return launch({kernel, grid, block, arguments, shared, stream, true});
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function,
                                void** arguments) {
  if (config == nullptr) return refuse(cudaErrorInvalidValue);
  return launch({function, config->gridDim, config->blockDim, arguments, config->dynamicSmemBytes,
                 config->stream});
}

cudaError_t cudaLaunchKernelExC_ptsz(const cudaLaunchConfig_t* config, const void* function,
                                     void** arguments) {
  if (config == nullptr) return refuse(cudaErrorInvalidValue);
  return launch({function, config->gridDim, config->blockDim, arguments, config->dynamicSmemBytes,
                 config->stream, true});
}

cudaError_t cudaLaunchCooperativeKernel(const void* function, dim3 grid, dim3 block,
                                        void** arguments, size_t shared, cudaStream_t stream) {
  return launch({function, grid, block, arguments, shared, stream, false, true});
}

cudaError_t cudaLaunchCooperativeKernel_ptsz(const void* function, dim3 grid, dim3 block,
                                             void** arguments, size_t shared, cudaStream_t stream) {
  return launch({function, grid, block, arguments, shared, stream, true, true});
}

}  // extern "C"
