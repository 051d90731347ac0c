// SPDX-License-Identifier: Apache-2.0
// Build-time program: prints every error of the toolkit's own CUDA runtime as rows for error.cpp.
// These calls need no driver.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstring>

int main() {
  constexpr int past_all_codes = 10100;
  for (int code = 0; code < past_all_codes; ++code) {
    const char* name = cudaGetErrorName(static_cast<cudaError_t>(code));
    if (std::strcmp(name, "unrecognized error code") == 0) continue;
    std::printf("{%d, \"%s\", \"%s\"},\n", code, name,
                cudaGetErrorString(static_cast<cudaError_t>(code)));
  }
  return 0;
}
