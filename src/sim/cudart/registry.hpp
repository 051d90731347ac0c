// SPDX-License-Identifier: Apache-2.0
// Kernels and device variables that the program's objects registered when they were loaded.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <optional>
#include <string>

#include "kernels/counterpart.h"

namespace peerbench::sim {

struct Kernel {
  std::string name;
  const PeerbenchCounterpart* counterpart = nullptr;
};

/// The kernel behind a host function's address or a cudaKernel_t; null when nobody registered it.
const Kernel* find_kernel(const void* handle);

/// Size of the device variable behind a host variable's address.
std::optional<std::size_t> variable_bytes(const void* host);

}  // namespace peerbench::sim
