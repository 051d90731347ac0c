// SPDX-License-Identifier: Apache-2.0
// Opens a machine built by hand for each test of the simulated CUDA runtime.
#pragma once

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/simulation.hpp"
#include "kernels/gate.hpp"
#include "kernels/pattern.hpp"
#include "tests/sim/small_machine.hpp"

#define ASSERT_CUDA(expression) \
  ASSERT_EQ(expression, cudaSuccess) << cudaGetErrorString(cudaPeekAtLastError())

namespace gpusim {

namespace kernels = peerbench::kernels;

inline constexpr std::size_t MB = 1000 * 1000;

class RuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("CUDA_VISIBLE_DEVICES");
    open(small_machine());
    cudaGetLastError();
  }
  void TearDown() override { close(); }

  template <typename T = std::byte>
  static T* device_memory(int device, std::size_t bytes) {
    EXPECT_EQ(cudaSetDevice(device), cudaSuccess);
    void* pointer = nullptr;
    EXPECT_EQ(cudaMalloc(&pointer, bytes), cudaSuccess);
    return static_cast<T*>(pointer);
  }

  static cudaStream_t stream_on(int device) {
    EXPECT_EQ(cudaSetDevice(device), cudaSuccess);
    cudaStream_t stream = nullptr;
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    return stream;
  }

  static cudaEvent_t record_on(cudaStream_t stream) {
    cudaEvent_t event = nullptr;
    EXPECT_EQ(cudaEventCreate(&event), cudaSuccess);
    EXPECT_EQ(cudaEventRecord(event, stream), cudaSuccess);
    return event;
  }

  static double elapsed_us(cudaEvent_t start, cudaEvent_t end) {
    float ms = -1;
    EXPECT_EQ(cudaEventSynchronize(end), cudaSuccess);
    EXPECT_EQ(cudaEventElapsedTime(&ms, start, end), cudaSuccess);
    return static_cast<double>(ms) * 1e3;
  }

  /// Enables access both ways.
  static void enable_peers() {
    ASSERT_CUDA(cudaSetDevice(0));
    ASSERT_CUDA(cudaDeviceEnablePeerAccess(1, 0));
    ASSERT_CUDA(cudaSetDevice(1));
    ASSERT_CUDA(cudaDeviceEnablePeerAccess(0, 0));
    ASSERT_CUDA(cudaSetDevice(0));
  }

  static void fill(void* pointer, std::size_t bytes, int value) {
    ASSERT_CUDA(cudaMemset(pointer, value, bytes));
    ASSERT_CUDA(cudaDeviceSynchronize());
  }

  static std::vector<unsigned char> read_back(const void* pointer, std::size_t bytes) {
    std::vector<unsigned char> content(bytes);
    EXPECT_EQ(cudaMemcpy(content.data(), pointer, bytes, cudaMemcpyDeviceToHost), cudaSuccess);
    return content;
  }
};

}  // namespace gpusim
