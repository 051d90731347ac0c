// SPDX-License-Identifier: Apache-2.0
// Kernels and device variables that the program's objects registered when they were loaded.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <string>

#include "kernels/reference_kernel.h"

namespace gpusim {

struct Kernel {
  std::string name;
  const PeerbenchReferenceKernel* reference_kernel = nullptr;
};

/// The kernel behind a host function's address or a cudaKernel_t; null when nobody registered it.
const Kernel* find_kernel(const void* handle);

/// A __device__ or __constant__ variable.
struct Variable {
  std::string name;
  std::size_t bytes = 0;
};

/// The device variable behind a host variable's address; null when nobody registered it.
const Variable* find_variable(const void* host);

}  // namespace gpusim
