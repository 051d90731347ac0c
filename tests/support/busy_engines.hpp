// SPDX-License-Identifier: Apache-2.0
// A GPU whose copy engines all have work, as on a loaded link: what comes after it arrives late.
#pragma once

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace peerbench::support {

/// Both copy engines of simulated GPU `device` upload 64 MiB each, for some ms, from now on.
class BusyEngines {
 public:
  explicit BusyEngines(int device) {
    EXPECT_EQ(cudaSetDevice(device), cudaSuccess);
    EXPECT_EQ(cudaMalloc(&to_, bytes), cudaSuccess);
    EXPECT_EQ(cudaHostAlloc(&from_, bytes, cudaHostAllocPortable), cudaSuccess);
    for (cudaStream_t& stream : streams_) {
      EXPECT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
      EXPECT_EQ(cudaMemcpyAsync(to_, from_, bytes, cudaMemcpyHostToDevice, stream), cudaSuccess);
    }
    EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
  }
  BusyEngines(const BusyEngines&) = delete;
  BusyEngines& operator=(const BusyEngines&) = delete;
  ~BusyEngines() {
    for (const cudaStream_t stream : streams_) cudaStreamDestroy(stream);
    cudaFree(to_);
    cudaFreeHost(from_);
  }

 private:
  static constexpr std::size_t bytes = std::size_t{64} << 20;
  void* to_ = nullptr;
  void* from_ = nullptr;
  std::array<cudaStream_t, 2> streams_{};
};

}  // namespace peerbench::support
