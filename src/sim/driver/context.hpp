// SPDX-License-Identifier: Apache-2.0
// The driver's contexts, and what every call of the simulated driver does around its own work. A
// context is a GPU as the program numbers it; all contexts of a GPU share its streams and memory.
#pragma once

#include <cuda.h>

#include <utility>

#include "sim/cudart/call.hpp"

// Names that cuda.h maps to their latest version; here each version is defined by its own name.
#undef cuCtxCreate
#undef cuDeviceGetUuid
#undef cuDevicePrimaryCtxRelease
#undef cuEventElapsedTime
#undef cuGetProcAddress

/// Behind the driver's opaque handle.
struct CUctx_st {
  int ordinal = 0;
  bool primary = false;
};

namespace gpusim {

/// The runtime's code as the driver's: both have the same numbers.
inline CUresult result_of(cudaError_t error) { return static_cast<CUresult>(error); }

/// Whether cuInit was called.
bool is_initialized();
void set_initialized();

/// The calling thread's current context; null when it has none. One that the CUDA runtime has made
/// counts, too.
CUcontext current_context();
/// Whether the handle is that of a context.
bool is_context(CUcontext context);

/// Runs `body()`, of runtime calls, where a current context is needed: in that context.
template <typename Body>
CUresult in_context(Body&& body) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  const CUcontext current = current_context();
  if (current == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  set_current_ordinal(current->ordinal);
  return result_of(std::forward<Body>(body)());
}

/// Runs `body()`, of runtime calls, where none is needed.
template <typename Body>
CUresult in_driver(Body&& body) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  return result_of(std::forward<Body>(body)());
}

inline void* pointer_of(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

}  // namespace gpusim
