// SPDX-License-Identifier: Apache-2.0
#include "measure/runner.hpp"

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using namespace std::chrono_literals;
using peerbench::support::open_machine;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* quiet = R"({"noise_cv": 0})";

Plan one_way(int from, int to, bool peer_access = false) {
  return {{{gpu(from), gpu(to), gpu(from), Engine::ce, 8 * MiB}}, peer_access};
}

/// Within each of two GPUs, which needs a gate and no peer access.
Plan local(int gpus) {
  Plan plan;
  for (int i = 0; i < gpus; ++i) {
    plan.transfers.push_back({gpu(i), gpu(i), gpu(i), Engine::ce, 8 * MiB});
  }
  return plan;
}

Plan both_ways() {
  Plan plan = one_way(0, 1);
  plan.transfers.push_back({gpu(1), gpu(0), gpu(1), Engine::ce, 8 * MiB});
  return plan;
}

TEST(Runner, AWindowHoldsAllCopiesAndGrowsWithThem) {
  open_machine("dual-rtx3090-nvlink", quiet);
  auto runner = Runner::create(one_way(0, 1));
  ASSERT_TRUE(runner.has_value()) << runner.error().message;
  ASSERT_TRUE(runner->wake());
  const auto one = runner->sample(1);
  const auto four = runner->sample(4);
  ASSERT_TRUE(one && four);
  EXPECT_EQ(four->copies, 4);
  EXPECT_NEAR(four->window_seconds / one->window_seconds, 4, 0.05);
  ASSERT_EQ(one->transfer_seconds.size(), 1u);
  EXPECT_NEAR(one->transfer_seconds[0], one->window_seconds, 2e-6);
}

TEST(Runner, BothWaysShareOneWindowThatCoversEach) {
  open_machine("dual-rtx3090-nvlink", quiet);
  auto runner = Runner::create(both_ways());
  ASSERT_TRUE(runner.has_value());
  const auto sample = runner->sample(2);
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  ASSERT_EQ(sample->transfer_seconds.size(), 2u);
  for (const double own : sample->transfer_seconds) EXPECT_LE(own, sample->window_seconds + 1e-9);
}

/// Both ways with the host at once, by kernels of one GPU on pinned memory.
Plan by_two_kernels() {
  Plan plan;
  plan.transfers.push_back({host(), gpu(0), gpu(0), Engine::sm, 64 * MiB});
  plan.transfers.push_back({gpu(0), host(), gpu(0), Engine::sm, 64 * MiB});
  return plan;
}

// Grids that fill the GPU would run one after the other, and take as long as both ways alone.
TEST(Runner, KernelsOfOneGpuShareItsMultiprocessors) {
  for (const char* machine : {"dual-rtx3090-nvlink", "single-h200"}) {
    open_machine(machine, quiet);
    const Plan plan = by_two_kernels();
    const auto window = [](const Plan& part) {
      auto runner = Runner::create(part);
      EXPECT_TRUE(runner.has_value());
      const auto sample = runner->sample(4);
      EXPECT_TRUE(sample.has_value());
      return sample ? sample->window_seconds : 0;
    };
    const double in = window({{plan.transfers[0]}, false});
    const double out = window({{plan.transfers[1]}, false});
    EXPECT_LT(window(plan), 1.02 * std::max(in, out)) << machine;
  }
}

TEST(Runner, KeepsTheQueueBehindTheGateShort) {
  open_machine("dual-rtx3090-nvlink", quiet);
  const auto copies_of = [](const Plan& plan) {
    auto runner = Runner::create(plan);
    EXPECT_TRUE(runner && runner->wake());
    const auto sample = runner->sample(1000);
    EXPECT_TRUE(sample.has_value());
    EXPECT_EQ(runner->gate_failures(), 0);
    return sample->copies;
  };
  EXPECT_EQ(copies_of(local(2)), max_joined_copies) << "each GPU has queues of its own";
  EXPECT_EQ(copies_of(local(1)), max_queued_copies);
  Plan twice = local(1);
  twice.transfers.push_back(twice.transfers.front());
  EXPECT_EQ(copies_of(twice), max_queued_copies / 2);
}

constexpr const char* slow_calls = R"({"noise_cv": 0, "host": {"calls": {"copy_us": 20}}})";

TEST(Runner, AGateThatDidNotHoldIsLengthenedAndTheSampleRepeated) {
  open_machine("dual-rtx3090-nvlink", slow_calls);
  RunnerLimits limits;
  limits.gate_timeout = 100us;  // sixteen copies take 320 us to queue
  auto runner = Runner::create(local(1), limits);
  ASSERT_TRUE(runner.has_value());
  ASSERT_TRUE(runner->wake());
  const auto sample = runner->sample(16);
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_EQ(sample->copies, 8);
  EXPECT_EQ(runner->gate_failures(), 1);
  EXPECT_THAT(runner->notes(), ::testing::IsEmpty());
}

TEST(Runner, WhereNoGateHoldsTheWindowIsTakenWithoutAndThatIsSaid) {
  open_machine("dual-rtx3090-nvlink", slow_calls);
  RunnerLimits limits;
  limits.gate_timeout = 1us;
  auto runner = Runner::create(local(1), limits);
  ASSERT_TRUE(runner.has_value());
  ASSERT_TRUE(runner->wake());
  const auto sample = runner->sample(16);
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_EQ(runner->gate_failures(), 2);
  EXPECT_THAT(runner->notes(), ElementsAre(HasSubstr("timed without a gate")));
  ASSERT_TRUE(runner->sample(16));
  EXPECT_EQ(runner->gate_failures(), 2) << "it is not tried again";
}

TEST(Runner, AToolThatWaitsForEachKernelCanHaveItWithoutAGate) {
  open_machine("dual-rtx3090-nvlink", quiet);
  auto runner = Runner::create(local(1), {.gated = false});
  ASSERT_TRUE(runner.has_value());
  ASSERT_TRUE(runner->sample(4));
  EXPECT_EQ(runner->gate_failures(), 0);
  EXPECT_THAT(runner->notes(), ElementsAre(HasSubstr("as asked")));
}

class StagedCalls : public ::testing::TestWithParam<const char*> {};

// Whatever the driver does with the caller: the two ways share what the host gives both.
TEST_P(StagedCalls, NeedNoGateAndDoNotSerialiseTheTwoWays) {
  open_machine("dual-rtx3090-nvlink", std::string(R"({"noise_cv": 0, "driver": {)") +
                                          R"("staged_call_blocks": ")" + GetParam() + R"("}})");
  const auto gbs = [](Plan plan) {
    for (Transfer& transfer : plan.transfers) transfer.bytes = 64 * MiB;
    auto runner = Runner::create(plan);
    EXPECT_TRUE(runner.has_value());
    for (int i = 0; i < 60; ++i) EXPECT_TRUE(runner->sample(1));  // until the clocks are up
    const auto sample = runner->sample(8);
    EXPECT_TRUE(sample.has_value());
    EXPECT_EQ(runner->gate_failures(), 0);
    EXPECT_THAT(runner->notes(), ::testing::IsEmpty());
    const double bytes = static_cast<double>(plan.transfers.size() * plan.transfers[0].bytes);
    return gigabytes_per_second(bytes * sample->copies, sample->window_seconds);
  };
  EXPECT_NEAR(gbs(one_way(0, 1)), 11.29, 0.02 * 11.29);
  EXPECT_NEAR(gbs(both_ways()), 16.74, 0.02 * 16.74);
}

INSTANTIATE_TEST_SUITE_P(EachDriver, StagedCalls,
                         ::testing::Values("never", "earlier-work", "own-end"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Runner, CopiesThatNeverEndAreAHang) {
  open_machine("dual-rtx3090-nvlink",
               R"({"faults": [{"kind": "no-progress", "from": 0, "to": 1}]})");
  RunnerLimits limits;
  limits.hang_after = 2s;
  auto runner = Runner::create(one_way(0, 1), limits);
  ASSERT_TRUE(runner.has_value());
  const auto sample = runner->sample(1);
  ASSERT_FALSE(sample.has_value());
  EXPECT_EQ(sample.error().kind, ErrorKind::hang);
  EXPECT_THAT(sample.error().message, HasSubstr("2 s"));
}

TEST(Runner, CorruptionIsFoundAtTheOwner) {
  open_machine("dual-rtx3090-nvlink", quiet);
  auto runner = Runner::create(one_way(0, 1));
  ASSERT_TRUE(runner.has_value());
  ASSERT_TRUE(runner->poison_destinations());
  ASSERT_TRUE(runner->fill_sources(7));
  auto before = runner->find_corruption(7);
  ASSERT_TRUE(before.has_value());
  EXPECT_THAT(*before, HasSubstr("1048576 of 1048576 8-byte words that gpu1 received from gpu0"));
  ASSERT_TRUE(runner->sample(1));
  EXPECT_EQ(runner->find_corruption(7).value(), "");
  EXPECT_NE(runner->find_corruption(8).value(), "") << "another round's data must not pass";
}

TEST(Runner, OnlyCopyEnginesOfGpusCanBeGated) {
  open_machine("dual-rtx3090-nvlink", quiet);
  Plan plan = one_way(0, 1);
  plan.transfers[0].engine = Engine::cpu;
  EXPECT_EQ(Runner::create(plan).error().kind, ErrorKind::unsupported);
}

TEST(Runner, TooLargeABufferSaysWhereAndWhatToDo) {
  open_machine("dual-rtx3090-nvlink", quiet);
  Plan plan = one_way(0, 1);
  plan.transfers[0].bytes = 100 * GiB;
  const auto runner = Runner::create(plan);
  ASSERT_FALSE(runner.has_value());
  EXPECT_THAT(runner.error().message, HasSubstr("100 GiB could not be allocated on gpu0"));
  EXPECT_THAT(runner.error().message, HasSubstr("--sizes"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
