#include "measure/runner.hpp"

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace {

using namespace std::chrono_literals;
using peerbench::testing::open_machine;
using ::testing::HasSubstr;

constexpr const char* quiet = R"({"noise_cv": 0})";

Plan one_way(int from, int to, bool peer_access = false) {
  return {{{gpu(from), gpu(to), gpu(from), Engine::ce, 8 * MiB}}, peer_access};
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
  auto runner = Runner::create(both_ways());
  ASSERT_TRUE(runner.has_value());
  const auto sample = runner->sample(1000);
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->copies, max_queued_copies / 2);
}

TEST(Runner, AGateThatDidNotHoldIsLengthenedAndTheSampleRepeated) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0, "host": {"calls": {"staged_copy_us": 20}}})");
  RunnerLimits limits;
  limits.gate_timeout = 50us;  // sixteen copies take 320 us to queue
  auto runner = Runner::create(one_way(0, 1), limits);
  ASSERT_TRUE(runner.has_value());
  const auto sample = runner->sample(16);
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_LT(sample->copies, 16);
}

TEST(Runner, AGateThatNeverHoldsIsAnErrorAndNoFigure) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0, "host": {"calls": {"staged_copy_us": 20}}})");
  RunnerLimits limits;
  limits.gate_timeout = 1us;
  limits.gate_attempts = 2;
  auto runner = Runner::create(one_way(0, 1), limits);
  ASSERT_TRUE(runner.has_value());
  const auto sample = runner->sample(16);
  ASSERT_FALSE(sample.has_value());
  EXPECT_EQ(sample.error().kind, ErrorKind::device);
  EXPECT_THAT(sample.error().message, HasSubstr("the gate did not hold"));
}

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

}  // namespace
}  // namespace peerbench::measure
