// SPDX-License-Identifier: Apache-2.0
// Names and texts of errors, as the toolkit's own runtime gives them (taken from it by the build).
#include <cuda_runtime_api.h>

namespace {

struct ErrorText {
  int code;
  const char* name;
  const char* text;
};

constexpr ErrorText errors[] = {
#include "cudart_errors.inc"
};

const ErrorText* find(cudaError_t code) {
  for (const ErrorText& error : errors) {
    if (error.code == static_cast<int>(code)) return &error;
  }
  return nullptr;
}

}  // namespace

extern "C" {

const char* cudaGetErrorName(cudaError_t code) {
  const ErrorText* error = find(code);
  return error == nullptr ? "unrecognized error code" : error->name;
}

const char* cudaGetErrorString(cudaError_t code) {
  const ErrorText* error = find(code);
  return error == nullptr ? "unrecognized error code" : error->text;
}

}  // extern "C"
