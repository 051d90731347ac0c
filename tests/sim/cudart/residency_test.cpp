// SPDX-License-Identifier: Apache-2.0
// Kernels of one GPU in two streams: whether they run at the same time is a matter of their grids.
#include "kernels/move.hpp"
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

using kernels::Move;

class ResidencyTest : public RuntimeTest {
 protected:
  static constexpr std::size_t bytes = 20 * MB;  // 1000 us over the host's link of 20 GB/s

  /// From the start of a kernel that reads the host's memory to the end of one that writes it, each
  /// with `blocks`, in streams of their own.
  static double both_ways_us(unsigned blocks) {
    void *source = nullptr, *destination = nullptr;
    EXPECT_EQ(cudaHostAlloc(&source, bytes, cudaHostAllocMapped), cudaSuccess);
    EXPECT_EQ(cudaHostAlloc(&destination, bytes, cudaHostAllocMapped), cudaSuccess);
    auto* memory = device_memory(0, 2 * bytes);
    const cudaStream_t in = stream_on(0), out = stream_on(0);
    const auto start = record_on(in);
    EXPECT_EQ(kernels::launch_copy(memory, source, bytes, blocks, in), cudaSuccess);
    EXPECT_EQ(kernels::launch_copy(destination, memory + bytes, bytes, blocks, out), cudaSuccess);
    return std::max(elapsed_us(start, record_on(in)), elapsed_us(start, record_on(out)));
  }

  static unsigned filling() {
    unsigned blocks = 0;
    EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
    EXPECT_EQ(kernels::saturating_blocks(Move::copy, blocks), cudaSuccess);
    return blocks;
  }
};

TEST_F(ResidencyTest, WhatSaturatesIsWhatTheOccupancyCallsAllow) {
  EXPECT_EQ(filling(), 6u * 82);  // 1536 threads a multiprocessor, 256 a block
}

// Together they move 40 GB/s; one after the other half of it, the harmonic mean of the two.
TEST_F(ResidencyTest, TwoGridsThatFillTheGpuRunOneAfterTheOther) {
  EXPECT_NEAR(both_ways_us(filling()), 2 * (2 + 1000), 1);
  EXPECT_NEAR(both_ways_us(filling() / 2), 2 + 1000, 1);
}

TEST_F(ResidencyTest, ASwitchLetsThemRunTogetherWhateverTheirSize) {
  MachineFile file = small_machine();
  file.driver.resident_kernels = false;
  open(file);
  EXPECT_NEAR(both_ways_us(filling()), 2 + 1000, 1);
}

// The waiting kernel is one block.
TEST_F(ResidencyTest, AWaitingKernelLeavesRoomForOthers) {
  kernels::GateFlag* flag = nullptr;
  ASSERT_CUDA(cudaHostAlloc(reinterpret_cast<void**>(&flag), sizeof *flag, cudaHostAllocMapped));
  *flag = {};
  auto* memory = device_memory(0, bytes);
  const cudaStream_t held = stream_on(0), stream = stream_on(0);
  ASSERT_CUDA(kernels::launch_gate(flag, 1'000'000'000, held));
  const auto start = record_on(stream);
  ASSERT_CUDA(kernels::launch_write(memory, bytes, 1, filling(), stream));
  EXPECT_NEAR(elapsed_us(start, record_on(stream)), 2 + 25, 0.1);
  EXPECT_EQ(cudaStreamQuery(held), cudaErrorNotReady);
  flag->open = 1;
}

}  // namespace TEST_FILE
}  // namespace gpusim
