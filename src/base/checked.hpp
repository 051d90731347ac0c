// SPDX-License-Identifier: Apache-2.0
// One checked call: a CUDA return code becomes a value that carries the expression, the code's name
// and text, and the place, so that a message can say what failed and where.
#pragma once

#include <cuda_runtime_api.h>

#include <source_location>

#include "base/error.hpp"

namespace peerbench {

/// What an error of the CUDA runtime takes away besides the call that got it.
enum class Loss {
  none,
  gpu,      ///< the GPU that the call was about
  context,  ///< all GPUs: every later call of this process gets the same error
};
Loss loss_of(cudaError_t code);

/// Success, or an ErrorKind::device error such as
/// "cudaMalloc(&pointer, bytes): cudaErrorMemoryAllocation (out of memory) at buffer.cpp:20".
/// Clears the runtime's last (non-sticky) error, so that it is reported once.
Expected<void> check_cuda(cudaError_t code, const char* expression,
                          std::source_location place = std::source_location::current());

/// For a call whose failure costs nothing by itself, as that of a destructor which gives something
/// back: no launch is blamed for it later. Where it has lost the context, all that comes after it
/// fails likewise, and check_cuda names it as the first.
void forgive_cuda(cudaError_t code, const char* expression,
                  std::source_location place = std::source_location::current());
/// A new run begins: what was forgiven before is none of its business.
void forget_forgiven();

}  // namespace peerbench

/// Checks one CUDA runtime call: `if (auto ok = PEERBENCH_CUDA(cudaSetDevice(0)); !ok) return ...`.
#define PEERBENCH_CUDA(call) ::peerbench::check_cuda((call), #call)

/// Forgives one: `PEERBENCH_FORGIVE(cudaFree(pointer));`.
#define PEERBENCH_FORGIVE(call) ::peerbench::forgive_cuda((call), #call)

/// Returns the error of an Expected<void> expression from the enclosing function.
#define PEERBENCH_TRY(expression)                                    \
  do {                                                               \
    if (auto attempt_ = (expression); !attempt_) {                   \
      return ::tl::unexpected<::peerbench::Error>(attempt_.error()); \
    }                                                                \
  } while (false)
