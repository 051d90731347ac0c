// SPDX-License-Identifier: Apache-2.0
#include "sim/core/residency.hpp"

#include <gtest/gtest.h>

#include "sim/core/engine.hpp"

namespace gpusim {
namespace TEST_FILE {

// On a GPU of 8 multiprocessors, each with room for 4 blocks; 2 of them saturate it.
Operation kernel(int queue, double blocks, double bytes = 1000) {
  Operation operation;
  operation.queue = queue;
  operation.bytes = bytes;
  operation.uses = {{0, 1}};
  operation.seats = {.gpu = 0, .block = 0.25, .wanted = std::min(8.0, blocks / 4), .saturating = 2};
  return operation;
}

Engine one_gpu() { return {{10}, {}, {8}}; }

TEST(Residency, AGridThatFillsTheGpuDelaysTheNextKernel) {
  Engine engine = one_gpu();
  const auto first = engine.submit(kernel(engine.add_queue(), 32));
  const auto second = engine.submit(kernel(engine.add_queue(), 32));
  ASSERT_TRUE(engine.run_until_idle());
  EXPECT_NEAR(first->ended_ns, 100, 1e-6);
  EXPECT_NEAR(second->started_ns, 100, 1e-6);
  EXPECT_NEAR(second->ended_ns, 200, 1e-6);
}

TEST(Residency, TwoHalvesShareTheMemoryFromTheBeginning) {
  Engine engine = one_gpu();
  const auto first = engine.submit(kernel(engine.add_queue(), 16));
  const auto second = engine.submit(kernel(engine.add_queue(), 16));
  ASSERT_TRUE(engine.run_until_idle());
  EXPECT_NEAR(second->started_ns, 0, 1e-6);
  EXPECT_NEAR(first->ended_ns, 200, 1e-6);
  EXPECT_NEAR(second->ended_ns, 200, 1e-6);
}

// The second begins on what the first leaves, a quarter of what saturates, and has the rest as soon
// as the first has ended: 100 ns at a quarter of 10, which leaves 750 at 10.
TEST(Residency, BlocksThatFoundNoRoomComeBeforeLaterKernels) {
  Engine engine = one_gpu();
  Operation waits;
  waits.queue = engine.add_queue();
  waits.latency_ns = 100;
  waits.seats = {.gpu = 0, .block = 0.25, .wanted = 7.5};
  engine.submit(std::move(waits));
  const auto second = engine.submit(kernel(engine.add_queue(), 32));
  const auto third = engine.submit(kernel(engine.add_queue(), 1));
  ASSERT_TRUE(engine.run_until_idle());
  EXPECT_NEAR(second->started_ns, 0, 1e-6);
  EXPECT_NEAR(second->ended_ns, 175, 1e-6);
  EXPECT_NEAR(third->started_ns, 175, 1e-6);
}

TEST(Residency, FewBlocksDoNotReachTheFullRate) {
  for (const double blocks : {1.0, 4.0, 8.0, 32.0}) {
    Engine engine = one_gpu();
    const auto alone = engine.submit(kernel(engine.add_queue(), blocks));
    ASSERT_TRUE(engine.run_until_idle());
    EXPECT_NEAR(alone->ended_ns, 100 / std::min(1.0, blocks / 8), 1e-6) << blocks;
  }
}

TEST(Residency, GpusHaveMultiprocessorsOfTheirOwn) {
  Engine engine({10, 10}, {}, {8, 8});
  engine.submit(kernel(engine.add_queue(), 32));
  Operation other = kernel(engine.add_queue(), 32);
  other.uses = {{1, 1}};
  other.seats.gpu = 1;
  const auto second = engine.submit(std::move(other));
  ASSERT_TRUE(engine.run_until_idle());
  EXPECT_NEAR(second->ended_ns, 100, 1e-6);
}

}  // namespace TEST_FILE
}  // namespace gpusim
