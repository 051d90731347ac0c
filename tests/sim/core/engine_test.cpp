// SPDX-License-Identifier: Apache-2.0
#include "sim/core/engine.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/core/noise.hpp"

namespace gpusim {
namespace TEST_FILE {

Operation flow(int queue, double bytes, std::vector<Use> uses, double latency_ns = 0) {
  Operation operation;
  operation.queue = queue;
  operation.bytes = bytes;
  operation.uses = std::move(uses);
  operation.latency_ns = latency_ns;
  return operation;
}

TEST(Engine, LatencyThenBytesOverRate) {
  Engine engine({10}, {});
  const auto copy = engine.submit(flow(engine.add_queue(), 1000, {{0, 1}}, 5));
  ASSERT_TRUE(engine.run_until([&] { return copy->ended(); }));
  EXPECT_DOUBLE_EQ(copy->ended_ns, 105);
}

// Two flows share 10 until the shorter one ends at 20 ns; the longer one then has 900 - 100 left,
// alone: 20 + 80.
TEST(Engine, SharesChangeWhenAFlowEnds) {
  Engine engine({10}, {});
  const auto brief = engine.submit(flow(engine.add_queue(), 100, {{0, 1}}));
  const auto longer = engine.submit(flow(engine.add_queue(), 900, {{0, 1}}));
  ASSERT_TRUE(engine.run_until([&] { return longer->ended(); }));
  EXPECT_NEAR(brief->ended_ns, 20, 1e-6);
  EXPECT_NEAR(longer->ended_ns, 100, 1e-6);
}

TEST(Engine, AQueueRunsInOrder) {
  Engine engine({10}, {});
  const int queue = engine.add_queue();
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) {
    Operation operation = flow(queue, 100, {{0, 1}});
    operation.effect = [&order, i] { order.push_back(i); };
    engine.submit(std::move(operation));
  }
  engine.advance_to(15);
  EXPECT_EQ(order, (std::vector<int>{0}));
  EXPECT_TRUE(engine.run_until_idle());
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_NEAR(engine.now(), 30, 1e-6);
}

TEST(Engine, NothingStartsBeforeItWasSubmittedOrWhatItWaitsForEnded) {
  Engine engine({10}, {});
  Operation late = flow(engine.add_queue(), 100, {{0, 1}});
  late.submitted_ns = 50;
  const auto first = engine.submit(std::move(late));
  Operation waiter = flow(engine.add_queue(), 100, {{0, 1}});
  waiter.after = {first};
  const auto second = engine.submit(std::move(waiter));
  ASSERT_TRUE(engine.run_until([&] { return second->ended(); }));
  EXPECT_NEAR(first->started_ns, 50, 1e-6);
  EXPECT_NEAR(second->started_ns, 60, 1e-6);
}

TEST(Engine, SlotsLimitWhatRunsAtOnce) {
  Engine engine({30, 30, 30}, {2});
  std::vector<OperationPtr> copies;
  for (int i = 0; i < 3; ++i) {
    Operation operation = flow(engine.add_queue(), 300, {{i, 1}});
    operation.slots = {{0}};
    copies.push_back(engine.submit(std::move(operation)));
  }
  ASSERT_TRUE(engine.run_until_idle());
  EXPECT_NEAR(copies[0]->started_ns, 0, 1e-6);
  EXPECT_NEAR(copies[1]->started_ns, 0, 1e-6);
  EXPECT_NEAR(copies[2]->started_ns, 10, 1e-6);
}

TEST(Engine, AWaitingOperationHoldsItsQueueUntilItIsReady) {
  Engine engine({10}, {});
  bool open = false, timed_out = false;
  Operation gate;
  gate.queue = engine.add_queue();
  gate.ready = [&] { return open; };
  gate.timed_out = [&] { timed_out = true; };
  gate.timeout_ns = 1000;
  const auto held = engine.submit(std::move(gate));
  const auto after = engine.submit(flow(held->queue, 100, {{0, 1}}));
  engine.advance_to(400);
  engine.poll();
  EXPECT_FALSE(held->ended());
  open = true;
  engine.poll();
  EXPECT_TRUE(held->ended());
  EXPECT_DOUBLE_EQ(held->ended_ns, 400);
  ASSERT_TRUE(engine.run_until([&] { return after->ended(); }));
  EXPECT_NEAR(after->ended_ns, 410, 1e-6);
  EXPECT_FALSE(timed_out);
}

TEST(Engine, AWaitingOperationGivesUpAtItsTime) {
  Engine engine({}, {});
  bool timed_out = false;
  Operation gate;
  gate.queue = engine.add_queue();
  gate.ready = [] { return false; };
  gate.timed_out = [&] { timed_out = true; };
  gate.timeout_ns = 1000;
  const auto held = engine.submit(std::move(gate));
  engine.advance_to(999);
  EXPECT_FALSE(held->ended());
  ASSERT_TRUE(engine.run_until([&] { return held->ended(); }));
  EXPECT_DOUBLE_EQ(held->ended_ns, 1000);
  EXPECT_TRUE(timed_out);
}

TEST(Engine, WhatNeverEndsIsReported) {
  Engine engine({10}, {});
  Operation stuck = flow(engine.add_queue(), 100, {{0, 1}});
  stuck.endless = true;
  const auto never = engine.submit(std::move(stuck));
  const auto behind = engine.submit(flow(never->queue, 100, {{0, 1}}));
  EXPECT_FALSE(engine.run_until([&] { return behind->ended(); }));
  EXPECT_FALSE(engine.run_until_idle());
  EXPECT_FALSE(behind->ended());
}

TEST(Engine, RunsTheSameNumbersTwice) {
  const auto run = [] {
    Engine engine({7, 11}, {2});
    for (int i = 0; i < 20; ++i) {
      Operation operation =
          flow(i % 5 == 0 ? engine.add_queue() : 0, 100.0 + 13 * i, {{i % 2, 1.0 + i % 3}}, i % 4);
      operation.slots = {{0}};
      engine.submit(std::move(operation));
    }
    engine.run_until_idle();
    return engine.now();
  };
  EXPECT_EQ(run(), run());
}

TEST(Noise, HasTheAskedSpreadAndRepeats) {
  constexpr int count = 20000;
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double factor = noise_factor(7, static_cast<std::uint64_t>(i), 0.01);
    sum += factor;
    squares += factor * factor;
  }
  const double mean = sum / count;
  const double deviation = std::sqrt(squares / count - mean * mean);
  EXPECT_NEAR(mean, 1, 5e-4);
  EXPECT_NEAR(deviation, 0.01, 5e-4);
  EXPECT_EQ(noise_factor(7, 3, 0.01), noise_factor(7, 3, 0.01));
  EXPECT_NE(noise_factor(7, 3, 0.01), noise_factor(8, 3, 0.01));
  EXPECT_EQ(noise_factor(7, 3, 0), 1);
}

}  // namespace TEST_FILE
}  // namespace gpusim
