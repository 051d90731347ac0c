// SPDX-License-Identifier: Apache-2.0
// An ordinary CUDA program whose kernels nobody described to the simulator in its own code: one
// that waits for a flag or a time, one that copies, one that fills, one that counts what differs.
#include <cuda_runtime.h>

#include <cstdio>

#define CHECK(call)                                                    \
  do {                                                                 \
    const cudaError_t error = (call);                                  \
    if (error != cudaSuccess) {                                        \
      std::printf("error %s: %s\n", #call, cudaGetErrorString(error)); \
      return 1;                                                        \
    }                                                                  \
  } while (0)

__global__ void spin(const volatile int* flag, unsigned long long clocks) {
  const long long start = clock64();
  while (*flag == 0 && static_cast<unsigned long long>(clock64() - start) < clocks) {
  }
}

template <typename T>
__global__ void copy(T* to, const T* from, std::size_t count) {
  for (std::size_t i = blockIdx.x * blockDim.x + threadIdx.x; i < count;
       i += gridDim.x * blockDim.x)
    to[i] = from[i];
}

__global__ void set_words(unsigned* to, unsigned value, int count) {
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) {
    to[i] = value;
  }
}

__global__ void count_wrong(const unsigned* words, int count, unsigned value, unsigned* errors) {
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) {
    if (words[i] != value) atomicAdd(errors, 1u);
  }
}

// What cudaEventElapsedTime says of a wait of 10 million clocks for a flag that may be set.
static float spin_ms(int* flag, bool set) {
  cudaEvent_t start, end;
  float ms = -1;
  cudaEventCreate(&start);
  cudaEventCreate(&end);
  *flag = 0;
  cudaEventRecord(start);
  spin<<<1, 1>>>(flag, 10'000'000);
  cudaEventRecord(end);
  if (set) *flag = 1;
  cudaEventSynchronize(end);
  cudaEventElapsedTime(&ms, start, end);
  return ms;
}

int main() {
  constexpr int words = 16 << 20;
  constexpr std::size_t bytes = words * sizeof(unsigned);
  unsigned *from = nullptr, *to = nullptr, *errors = nullptr, wrong = 0;
  int* flag = nullptr;
  CHECK(cudaMalloc(&from, bytes));
  CHECK(cudaMalloc(&to, bytes));
  CHECK(cudaMalloc(&errors, sizeof *errors));
  CHECK(cudaMemset(errors, 0, sizeof *errors));
  CHECK(cudaHostAlloc(&flag, sizeof *flag, cudaHostAllocMapped));

  set_words<<<1, 256>>>(from, 0xabcd1234, words);
  std::printf("launch %s\n", cudaGetErrorName(cudaGetLastError()));
  std::printf("again %s\n", cudaGetErrorName(cudaGetLastError()));
  cudaEvent_t start, end;
  float ms = 0;
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventCreate(&end));
  copy<<<1024, 256>>>(reinterpret_cast<uint4*>(to), reinterpret_cast<const uint4*>(from),
                      std::size_t{1024});
  CHECK(cudaEventRecord(start));
  copy<<<1024, 256>>>(reinterpret_cast<uint4*>(to), reinterpret_cast<const uint4*>(from),
                      bytes / sizeof(uint4));
  CHECK(cudaEventRecord(end));
  CHECK(cudaEventSynchronize(end));
  CHECK(cudaEventElapsedTime(&ms, start, end));
  std::printf("copy_gbs %.3f\n", 1e-6 * 2 * static_cast<double>(bytes) / ms);

  const unsigned planted[3] = {1, 2, 3};
  CHECK(cudaMemcpy(to + 1000, planted, sizeof planted, cudaMemcpyHostToDevice));
  count_wrong<<<1, 256>>>(to, words, 0xabcd1234, errors);
  CHECK(cudaMemcpy(&wrong, errors, sizeof wrong, cudaMemcpyDeviceToHost));
  std::printf("wrong %u\n", wrong);
  std::printf("spin_ms %.3f\n", spin_ms(flag, false));
  std::printf("set_ms %.3f\n", spin_ms(flag, true));
  return 0;
}
