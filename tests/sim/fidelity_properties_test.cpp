// SPDX-License-Identifier: Apache-2.0
// What must follow from a machine's links, engines and host path without a figure for it.
#include "tests/sim/fidelity.hpp"

namespace gpusim {
namespace TEST_FILE {

constexpr const char* a6000 = "github.com/siboehm/bench gpu/nvlink/README.md";
constexpr const char* tartan =
    "github.com/uuudown/Tartan microbenchmark/scale_up_p2p_test/dgx1_ascending.txt";

TEST_F(FidelityTest, ThreeOfFourLinksGiveThreeQuarters) {
  const auto rate = [](const char* machine) {
    open(builtin(machine));
    enable(0, 1);
    return gbs(static_cast<double>(large), copy_us(0, 0, 1, large));
  };
  EXPECT_NEAR(rate("dual-rtx3090-nvlink-3of4") / rate("dual-rtx3090-nvlink"), 0.75, 0.01 * 0.75);
}

// In whole us by the host's clock, for both copies and the wait for them: 7 us from 128 B to 8 KiB,
// 9 us below, 28 us for 1 MiB.
TEST_F(FidelityTest, CopiesBothWaysOverABridgeByTheHostsClock) {
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  open(builtin("dual-a6000-nvlink"));
  enable(0, 1);
  enable(1, 0);
  auto* a_source = device_memory(0, mebibyte);
  auto* a_destination = device_memory(0, mebibyte);
  auto* b_source = device_memory(1, mebibyte);
  auto* b_destination = device_memory(1, mebibyte);
  const cudaStream_t there = stream_on(0), back = stream_on(1);
  const auto host_us = [&](std::size_t bytes) {
    const std::uint64_t start = peerbench_sim_now_ns();
    EXPECT_EQ(cudaMemcpyPeerAsync(b_destination, 1, a_source, 0, bytes, there), cudaSuccess);
    EXPECT_EQ(cudaMemcpyPeerAsync(a_destination, 0, b_source, 1, bytes, back), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(there), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(back), cudaSuccess);
    return static_cast<double>(peerbench_sim_now_ns() - start) * 1e-3;
  };
  const double small_us = host_us(4096);
  EXPECT_GE(small_us, 6.5) << a6000;
  EXPECT_LE(small_us, 9.5) << a6000;
  EXPECT_NEAR(gbs(mebibyte, host_us(mebibyte)), 37.4, 0.10 * 37.4) << a6000;
}

// Where peer traffic is led up to the host and back, the driver's way through host memory wins.
TEST_F(FidelityTest, PeerCopiesMayBeSlowerThanTheWayRound) {
  MachineFile machine = builtin("dual-rtx6000ada");
  for (GpuDescription& gpu : machine.gpus) gpu.peer_gbs->value = 9;
  open(machine);
  const double staged = gbs(static_cast<double>(large), copy_us(0, 0, 1, large));
  enable(0, 1);
  enable(1, 0);
  const double push = gbs(static_cast<double>(large), copy_us(0, 0, 1, large));
  const double both = gbs(2 * static_cast<double>(large), both_ways_us(0, 1, large));
  EXPECT_NEAR(staged, 22.27, 0.05 * 22.27);
  EXPECT_NEAR(push, 9, 0.05 * 9);
  EXPECT_NEAR(both, 18, 0.05 * 18);
}

TEST_F(FidelityTest, BothWaysWithTheHostShareWhatTheyMayReachTogether) {
  MachineFile machine = builtin("single-h200");
  const auto busy = [&] {
    open(machine);
    return gbs(static_cast<double>(large), busy_host_copy_us(0, true));
  };
  const double free = busy();
  machine.gpus[0].host_both_ways_gbs = Figure{60, "made up", true};
  EXPECT_GT(free, 50);
  EXPECT_NEAR(busy(), 30, 0.05 * 30);
}

// PCIe 4.0 x4 carries 7.88 GB/s; a patched pair on such a slot staged 6.34 GB/s.
TEST_F(FidelityTest, AnX4SlotLimitsEveryCopyThroughIt) {
  open(builtin("dual-rtx3090-x4-slot"));
  for (int to : {0, 1}) {
    const double staged = gbs(static_cast<double>(large), copy_us(1 - to, 1 - to, to, large));
    EXPECT_LE(staged, 7.88);
    EXPECT_GE(staged, 5.0);
  }
  EXPECT_LE(gbs(static_cast<double>(large), host_copy_us(1, true)), 7.88);
  EXPECT_GE(gbs(static_cast<double>(large), host_copy_us(0, true)), 20);
}

// The log says CANNOT for every pair that is no neighbour in the mesh.
TEST_F(FidelityTest, PeerAccessOfADgx1EndsWhereItsLinksEnd) {
  open(builtin("dgx1-p100-8"));
  constexpr const char* neighbours[] = {"1234", "0235", "0136", "0127",
                                        "0567", "1467", "2457", "3456"};
  for (int from = 0; from < 8; ++from) {
    std::string found;
    for (int to = 0; to < 8; ++to) {
      int can = 0;
      if (from == to) continue;
      ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, from, to));
      if (can != 0) found += static_cast<char>('0' + to);
    }
    EXPECT_EQ(found, neighbours[from]) << "of gpu" << from << ", " << tartan;
  }
}

// Two GPUs below the one switch do not meet the link up to the host; their staged copies do.
TEST_F(FidelityTest, PeerCopiesBelowOneSwitchDoNotShareItsUplink) {
  open(builtin("quad-p100-switch"));
  for (int gpu = 0; gpu < 4; ++gpu) enable(gpu, gpu ^ 1);
  const cudaStream_t first = stream_on(0), second = stream_on(2);
  auto* a = device_memory(0, large);
  auto* b = device_memory(1, large);
  auto* c = device_memory(2, large);
  auto* d = device_memory(3, large);
  const auto start = start_late(0, first);
  ASSERT_CUDA(cudaStreamWaitEvent(second, start, 0));
  ASSERT_CUDA(cudaMemcpyPeerAsync(d, 3, c, 2, large, second));
  ASSERT_CUDA(cudaMemcpyPeerAsync(b, 1, a, 0, large, first));
  const auto end = record_on(first);
  EXPECT_NEAR(gbs(static_cast<double>(large), elapsed_us(start, end)), 13.19, 0.05 * 13.19);
}

}  // namespace TEST_FILE
}  // namespace gpusim
