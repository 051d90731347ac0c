#include "measure/runner.hpp"

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include "measure/resources.hpp"
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

// To set back device 0, which nobody chose, would make a context there.
TEST(DeviceScope, RestoresTheScopeAroundItAndNothingOutsideOfAll) {
  open_machine("dual-rtx3090-nvlink", quiet);
  const auto current = [] {
    int device = -1;
    EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
    return device;
  };
  {
    const DeviceScope outer(1);
    {
      const DeviceScope inner(0);
      EXPECT_EQ(current(), 0);
    }
    EXPECT_EQ(current(), 1);
  }
  EXPECT_EQ(current(), 1);
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

TEST(Runner, KeepsTheQueueBehindTheGateShort) {
  open_machine("dual-rtx3090-nvlink", quiet);
  auto runner = Runner::create(both_ways());
  ASSERT_TRUE(runner.has_value());
  const auto sample = runner->sample(1000);
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->copies, max_queued_copies / 2);
}

TEST(Runner, AGateThatDidNotHoldIsLengthenedAndTheSampleRepeated) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0, "host": {"calls": {"copy_us": 20}}})");
  RunnerLimits limits;
  limits.gate_timeout = 50us;  // sixteen copies take 320 us to queue
  auto runner = Runner::create(one_way(0, 1), limits);
  ASSERT_TRUE(runner.has_value());
  const auto sample = runner->sample(16);
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_LT(sample->copies, 16);
}

TEST(Runner, AGateThatNeverHoldsIsAnErrorAndNoFigure) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0, "host": {"calls": {"copy_us": 20}}})");
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
