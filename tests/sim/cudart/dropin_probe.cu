// SPDX-License-Identifier: Apache-2.0
// An ordinary CUDA program: times a peer copy with events and with the host's clock, and asks for
// something the simulator does not have.
#include <cuda_runtime.h>

#include <chrono>
#include <cstdio>
#include <ctime>

#define CHECK(call)                                                    \
  do {                                                                 \
    const cudaError_t error = (call);                                  \
    if (error != cudaSuccess) {                                        \
      std::printf("error %s: %s\n", #call, cudaGetErrorString(error)); \
      return 1;                                                        \
    }                                                                  \
  } while (0)

static double peer_gbs(void* to, const void* from, std::size_t bytes, double& host_gbs) {
  cudaStream_t stream;
  cudaEvent_t start, end;
  float ms = 0;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  cudaEventCreate(&start);
  cudaEventCreate(&end);
  const auto before = std::chrono::steady_clock::now();
  cudaEventRecord(start, stream);
  for (int i = 0; i < 10; ++i) cudaMemcpyPeerAsync(to, 1, from, 0, bytes, stream);
  cudaEventRecord(end, stream);
  cudaStreamSynchronize(stream);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - before;
  cudaEventElapsedTime(&ms, start, end);
  host_gbs = 10e-9 * static_cast<double>(bytes) / seconds.count();
  return 10e-6 * static_cast<double>(bytes) / ms;
}

int main() {
  int count = 0;
  CHECK(cudaGetDeviceCount(&count));
  std::printf("devices %d\n", count);
  cudaDeviceProp prop;
  CHECK(cudaGetDeviceProperties(&prop, 0));
  std::printf("name %s\n", prop.name);
  if (count < 2) return 0;

  constexpr std::size_t bytes = std::size_t{256} << 20;
  void *from = nullptr, *to = nullptr;
  CHECK(cudaSetDevice(1));
  CHECK(cudaMalloc(&to, bytes));
  CHECK(cudaSetDevice(0));
  CHECK(cudaMalloc(&from, bytes));
  double host_gbs = 0;
  std::printf("staged %.3f\n", peer_gbs(to, from, bytes, host_gbs));
  int access = 0;
  CHECK(cudaDeviceCanAccessPeer(&access, 0, 1));
  if (access != 0) {
    CHECK(cudaDeviceEnablePeerAccess(1, 0));
    std::printf("peer %.3f\n", peer_gbs(to, from, bytes, host_gbs));
    std::printf("peer_host %.3f\n", host_gbs);
  }
  const timespec second = {1, 0};
  const auto before = std::chrono::system_clock::now();
  nanosleep(&second, nullptr);
  const std::chrono::duration<double> slept = std::chrono::system_clock::now() - before;
  std::printf("slept %.3f\n", slept.count());

  cudaGraph_t graph;
  std::printf("graph %s\n", cudaGetErrorName(cudaGraphCreate(&graph, 0)));
  std::printf("graph %s\n", cudaGetErrorName(cudaGraphCreate(&graph, 0)));
  std::printf("last %s\n", cudaGetErrorName(cudaGetLastError()));
  return 0;
}
