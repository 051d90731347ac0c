// SPDX-License-Identifier: Apache-2.0
// An ordinary CUDA program with variables in device memory, some with an initial value.
#include <cuda_runtime.h>

#include <cstdio>
#include <cstring>

namespace bench {
__device__ int seed = 42;
}
__constant__ float weights[4] = {1, 2, 3, 4};
__managed__ int shared_count = 7;

static void say(const char* what, cudaError_t error) {
  std::printf("%s %s\n", what, cudaGetErrorName(error));
}

int main(int count, char** arguments) {
  int value = -1;
  float read[4] = {-1, -1, -1, -1};
  void* address = nullptr;
  std::size_t bytes = 0;
  say("size", cudaGetSymbolSize(&bytes, weights));
  std::printf("bytes %zu\n", bytes);
  say("read", cudaMemcpyFromSymbol(&value, bench::seed, sizeof value));
  say("address", cudaGetSymbolAddress(&address, bench::seed));
  value = 5;
  say("write", cudaMemcpyToSymbol(bench::seed, &value, sizeof value));
  value = -1;
  say("read again", cudaMemcpyFromSymbol(&value, bench::seed, sizeof value));
  std::printf("value %d\n", value);
  say("address again", cudaGetSymbolAddress(&address, bench::seed));

  const float half[2] = {8, 9};
  say("write half", cudaMemcpyToSymbol(weights, half, sizeof half, 2 * sizeof(float)));
  say("read all", cudaMemcpyFromSymbol(read, weights, sizeof read));
  say("read half", cudaMemcpyFromSymbol(read, weights, sizeof half, 2 * sizeof(float)));
  std::printf("half %g %g\n", read[0], read[1]);
  say("past the end", cudaMemcpyToSymbol(weights, read, sizeof read, sizeof(float)));
  say("wrong way", cudaMemcpyToSymbol(weights, read, 4, 0, cudaMemcpyDeviceToHost));
  if (count > 1 && std::strcmp(arguments[1], "managed") == 0) {
    std::printf("managed %d\n", shared_count);
  }
  return 0;
}
