// SPDX-License-Identifier: Apache-2.0
// Plans of many transfers on simulated machines of many GPUs.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include "measure/measurement.hpp"
#include "measure/peer_access.hpp"
#include "measure/runner.hpp"
#include "measure/statistics.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::HasSubstr;

constexpr const char* quiet = R"({"noise_cv": 0})";

void add(Plan& plan, int from, int to, Bytes bytes) {
  plan.transfers.push_back({gpu(from), gpu(to), gpu(from), Engine::ce, bytes});
}

Plan one_to_all(int cards, bool peer_access, Bytes bytes) {
  Plan plan;
  plan.peer_access = peer_access;
  for (int to = 1; to < cards; ++to) add(plan, 0, to, bytes);
  return plan;
}

// As bench/patterns.cpp orders it: by distance, or all would begin with one GPU.
Plan all_to_all(int cards, bool peer_access, Bytes bytes) {
  Plan plan;
  plan.peer_access = peer_access;
  for (int distance = 1; distance < cards; ++distance) {
    for (int from = 0; from < cards; ++from) add(plan, from, (from + distance) % cards, bytes);
  }
  return plan;
}

double median(const Measurement& measurement) { return summarize(measurement.samples).median; }

TEST(ManyTransfers, FiftySixLanesHoldBehindOneGateWithTenCopiesEach) {
  open_machine("hgx-h100-8", quiet);
  const Plan plan = all_to_all(8, true, MiB);
  const auto access = PeerAccess::enable(plan);
  ASSERT_TRUE(access.has_value());
  auto runner = Runner::create(plan);
  ASSERT_TRUE(runner.has_value()) << runner.error().message;
  ASSERT_TRUE(runner->wake());
  const auto sample = runner->sample(10);
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_EQ(sample->copies, 10);
  EXPECT_EQ(runner->gate_failures(), 0);
  EXPECT_EQ(sample->transfer_seconds.size(), 56u);
}

// 392.6 GB/s leave one GPU (the machine file's figure), however many they go to; each direction of
// its 8 MiB pays its own start, so a little less.
TEST(ManyTransfers, ThroughASwitchEveryCardSendsAtItsOwnRate) {
  open_machine("hgx-h100-8", quiet);
  const auto one = measure_plan(one_to_all(8, true, 8 * MiB), {});
  const auto all = measure_plan(all_to_all(8, true, 8 * MiB), {});
  ASSERT_EQ(one.outcome, Outcome::ok) << one.reason;
  ASSERT_EQ(all.outcome, Outcome::ok) << all.reason;
  EXPECT_NEAR(median(one), 392.6, 0.07 * 392.6);
  EXPECT_NEAR(median(all), 8 * 392.6, 0.08 * 8 * 392.6);
  ASSERT_EQ(all.transfer_samples.size(), 56u);
  EXPECT_TRUE(all.verified);
}

// 52.39 GB/s is what the host of this machine stages in all.
TEST(ManyTransfers, StagedPairsShareTheHost) {
  open_machine("hgx-h100-8", quiet);
  Plan plan;
  for (int from = 0; from < 8; from += 2) add(plan, from, from + 1, 16 * MiB);
  const auto together = measure_plan(plan, {});
  ASSERT_EQ(together.outcome, Outcome::ok) << together.reason;
  EXPECT_NEAR(median(together), 52.39, 0.02 * 52.39);
  for (const auto& rates : together.transfer_samples) {
    EXPECT_NEAR(summarize(rates).median, 52.39 / 4, 0.02 * 52.39);
  }
}

TEST(ManyTransfers, NinePeersAreMoreThanACardMayHave) {
  open_machine("ten-gpu-pcie", quiet);
  const auto measured = measure_plan(one_to_all(10, true, MiB), {});
  EXPECT_EQ(measured.outcome, Outcome::unsupported);
  EXPECT_THAT(measured.reason, HasSubstr("gpu0 has access to 8 peers"));
  EXPECT_THAT(measured.reason, HasSubstr("cudaErrorTooManyPeers"));
  EXPECT_THAT(measured.reason, HasSubstr("--gpus"));
  EXPECT_EQ(measure_plan(one_to_all(9, true, MiB), {}).outcome, Outcome::ok)
      << "what the plan before had enabled must be disabled again";
  EXPECT_EQ(measure_plan(one_to_all(10, false, MiB), {}).outcome, Outcome::ok);
}

TEST(ManyTransfers, EveryPairOfTenCardsStillWorksAlone) {
  open_machine("ten-gpu-pcie", quiet);
  for (int to = 1; to < 10; ++to) {
    Plan plan;
    plan.peer_access = true;
    add(plan, 0, to, MiB);
    const auto measured = measure_plan(plan, {});
    EXPECT_EQ(measured.outcome, Outcome::ok) << to << ": " << measured.reason;
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
