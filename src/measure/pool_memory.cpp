// SPDX-License-Identifier: Apache-2.0
#include "measure/pool_memory.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/checked.hpp"
#include "measure/await.hpp"

namespace peerbench::measure {

namespace {

struct Need {
  cudaDeviceAttr attribute;
  const char* name;
  const char* without;  ///< what kernels cannot do where it is 0
};

constexpr Need managed{cudaDevAttrManagedMemory, "cudaDevAttrManagedMemory",
                       "this GPU has no managed memory"};
constexpr Need mapped{cudaDevAttrCanMapHostMemory, "cudaDevAttrCanMapHostMemory",
                      "kernels of this GPU reach no pinned memory of the host"};
constexpr Need pageable{cudaDevAttrPageableMemoryAccess, "cudaDevAttrPageableMemoryAccess",
                        "kernels of this GPU reach no pageable memory"};
constexpr Need concurrent{cudaDevAttrConcurrentManagedAccess, "cudaDevAttrConcurrentManagedAccess",
                          "managed memory of this GPU does not move page by page"};

Expected<void> require(int gpu, const Need& need) {
  int value = 0;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaDeviceGetAttribute(&value, need.attribute, gpu)));
  if (value != 0) return {};
  return fail(ErrorKind::unsupported, fmt::format("{} ({} is 0)", need.without, need.name));
}

}  // namespace

Expected<void> can_have(int gpu, MemoryKind memory) {
  switch (memory) {
    case MemoryKind::managed:
      return require(gpu, managed);
    case MemoryKind::pinned:
      return require(gpu, mapped);
    case MemoryKind::pageable:
      return require(gpu, pageable);
    case MemoryKind::device:
      break;
  }
  return {};
}

Expected<void> touch_by_cpu(const Buffer& buffer) {
  PEERBENCH_ON_DEVICE(buffer.place().index);
  PEERBENCH_TRY(
      await([] { return cudaStreamQuery(cudaStreamLegacy); }, {.what = "what the GPU still did"}));
  // Nothing is left to wait for; without it the memory of an older GPU would not be the CPU's.
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaDeviceSynchronize()));
  std::memset(buffer.data(), 0x5a, buffer.bytes());
  return {};
}

Expected<void> send_to_host(const Buffer& buffer, Stream& stream) {
  PEERBENCH_TRY(require(stream.device(), concurrent));
  PEERBENCH_ON_DEVICE(stream.device());
#if CUDART_VERSION >= 13000
  const cudaMemLocation host{cudaMemLocationTypeHost, 0};
  PEERBENCH_TRY(
      PEERBENCH_CUDA(cudaMemPrefetchAsync(buffer.data(), buffer.bytes(), host, 0, stream.get())));
#else
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaMemPrefetchAsync(buffer.data(), buffer.bytes(), cudaCpuDeviceId, stream.get())));
#endif
  return finish(stream, "moving " + format_bytes(buffer.bytes()) + " to the host");
}

}  // namespace peerbench::measure
