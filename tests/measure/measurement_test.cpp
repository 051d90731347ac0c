// SPDX-License-Identifier: Apache-2.0
#include "measure/measurement.hpp"

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <utility>

#include "measure/statistics.hpp"
#include "sim/core/state.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Bytes size = 32 * MiB;

Plan copy(int from, int to, int issuer, bool peer_access) {
  return {{{gpu(from), gpu(to), gpu(issuer), Engine::ce, size}}, peer_access};
}

Plan both_ways(bool peer_access) {
  Plan plan = copy(0, 1, 0, peer_access);
  plan.transfers.push_back({gpu(1), gpu(0), gpu(1), Engine::ce, size});
  return plan;
}

double median(const Measurement& measurement) { return summarize(measurement.samples).median; }

// Figures below are those of the machine files; 1 % covers the fixed cost of a copy at this size.
TEST(MeasurePlan, PeerAccessTakesTheLinkAndStagedTheWayRound) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  const auto peer = measure_plan(copy(0, 1, 0, true), {});
  const auto staged = measure_plan(copy(0, 1, 0, false), {});
  ASSERT_EQ(peer.outcome, Outcome::ok) << peer.reason;
  ASSERT_EQ(staged.outcome, Outcome::ok) << staged.reason;
  EXPECT_NEAR(median(staged), 11.29, 0.12);
  EXPECT_GT(median(peer), 4 * median(staged));
  EXPECT_LT(median(peer), 56.25) << "faster than the link's raw rate";
  EXPECT_TRUE(peer.verified && staged.verified);
}

TEST(MeasurePlan, TwoStagedCopiesShareTheHost) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  const auto both = measure_plan(both_ways(false), {});
  ASSERT_EQ(both.outcome, Outcome::ok) << both.reason;
  EXPECT_NEAR(median(both), 16.74, 0.17);
  ASSERT_EQ(both.transfer_samples.size(), 2u);
  for (const auto& rates : both.transfer_samples) {
    ASSERT_EQ(rates.size(), both.samples.size());
    EXPECT_NEAR(summarize(rates).median, 16.74 / 2, 0.09);
  }
}

TEST(MeasurePlan, ASampleLastsLongEnough) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  Plan plan = copy(0, 1, 0, true);
  plan.transfers[0].bytes = 8 * MiB;  // about 165 us at 51 GB/s
  const auto measured = measure_plan(plan, {});
  ASSERT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  const double seconds =
      measured.copies_per_sample * static_cast<double>(8 * MiB) / (median(measured) * 1e9);
  EXPECT_GE(seconds, min_sample_seconds);
  EXPECT_LT(seconds, 2 * min_sample_seconds);
}

// 48 of such copies, which is what a gate may hold back, take a tenth of a millisecond.
TEST(MeasurePlan, OfSmallCopiesASampleIsManyRounds) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  Plan plan = copy(0, 1, 0, true);
  plan.transfers[0].bytes = 4 * KiB;
  MeasureOptions options;
  options.sampling.max_samples = 12;
  const auto one_round = measure_plan(plan, options);
  options.lap = min_sample;
  const auto rounds = measure_plan(plan, options);
  ASSERT_EQ(rounds.outcome, Outcome::ok) << rounds.reason;
  EXPECT_EQ(one_round.copies_per_sample, max_queued_copies);
  EXPECT_GT(rounds.copies_per_sample, 10 * max_queued_copies);
  EXPECT_NEAR(median(rounds), median(one_round), 0.01 * median(one_round));
}

TEST(MeasurePlan, SaysHowOftenItCopiedInAll) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  Plan plan = copy(0, 1, 0, true);
  plan.transfers[0].bytes = MiB;
  const std::uint64_t before = gpusim::link_bytes(0, true);
  MeasureOptions options;
  int under_load = 0;
  options.under_load = [&] { ++under_load; };
  const auto measured = measure_plan(plan, options);
  ASSERT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_EQ(under_load, 1);
  EXPECT_EQ(measured.copies * MiB, gpusim::link_bytes(0, true) - before);
  EXPECT_GT(measured.copies, measured.samples.size() * 2) << "several to a sample, and the warm-up";

  plan = {{{host(), gpu(0), gpu(0), Engine::ce, MiB}}, false};
  plan.transfers[0].host_memory = MemoryKind::pageable;
  const auto by_host_clock = measure_plan(plan, {});
  ASSERT_EQ(by_host_clock.outcome, Outcome::ok) << by_host_clock.reason;
  EXPECT_GT(by_host_clock.copies, by_host_clock.samples.size());
}

// After warm-up, at the end, where they differ, and at the end again.
TEST(MeasurePlan, ClocksThatChangedMeanwhileAreMeasuredAgain) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  const auto measured = [](std::vector<int> clocks) {
    MeasureOptions options;
    std::size_t asked = 0;
    options.clocks = [&] { return std::vector{clocks[std::min(asked++, clocks.size() - 1)]}; };
    const auto found = measure_plan(copy(0, 1, 0, true), options);
    EXPECT_EQ(found.outcome, Outcome::ok) << found.reason;
    EXPECT_EQ(found.transfer_samples[0].size(), found.samples.size());
    return std::pair(asked, found.copies);
  };
  const auto [steady, copies] = measured({1900});
  EXPECT_EQ(steady, 2u);
  const auto [changed, more_copies] = measured({1200, 1900});
  EXPECT_EQ(changed, 3u);
  EXPECT_GT(more_copies, copies);
}

TEST(MeasurePlan, PeerAccessIsTakenBackAfterwards) {
  open_machine("dual-rtx3090-nvlink");
  ASSERT_EQ(measure_plan(copy(0, 1, 0, true), {}).outcome, Outcome::ok);
  cudaSetDevice(0);
  EXPECT_EQ(cudaDeviceDisablePeerAccess(1), cudaErrorPeerAccessNotEnabled);
  cudaSetDevice(1);
  EXPECT_EQ(cudaDeviceDisablePeerAccess(0), cudaErrorPeerAccessNotEnabled);
  cudaGetLastError();
}

TEST(MeasurePlan, ARefusedPairIsUnsupportedWithTheReason) {
  open_machine("dual-rtx4090");
  const auto measured = measure_plan(copy(0, 1, 0, true), {});
  EXPECT_EQ(measured.outcome, Outcome::unsupported);
  EXPECT_THAT(measured.reason, HasSubstr("refuses peer access from gpu0 to gpu1"));
  EXPECT_TRUE(measured.samples.empty());
  EXPECT_FALSE(measured.verified);
}

class PlantedCorruption : public ::testing::TestWithParam<const char*> {};

TEST_P(PlantedCorruption, IsFoundAndNamed) {
  open_machine("dual-rtx3090-nvlink", std::string(R"({"faults": [{"kind": ")") + GetParam() +
                                          R"(", "from": 0, "to": 1}]})");
  const auto measured = measure_plan(copy(0, 1, 0, true), {});
  EXPECT_EQ(measured.outcome, Outcome::corrupt);
  EXPECT_FALSE(measured.verified);
  EXPECT_THAT(measured.reason, HasSubstr("that gpu1 received from gpu0 are wrong"));
  EXPECT_EQ(measure_plan(copy(1, 0, 1, true), {}).outcome, Outcome::ok)
      << "the other way is not affected";
}

INSTANTIATE_TEST_SUITE_P(EachKind, PlantedCorruption,
                         ::testing::Values("nothing-written", "part-written", "bit-flip", "stale",
                                           "swapped-pair"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::erase(name, '-');
                           return name;
                         });

// What NVIDIA/nccl issue 2335 reports: the writer reads its own data back, the owner sees zeros.
TEST(MeasurePlan, APrivateMirrorIsFoundThoughTheWriterReadsItsOwnDataBack) {
  open_machine("dual-rtx3090-nvlink",
               R"({"faults": [{"kind": "private-mirror", "from": 0, "to": 1}]})");
  for (const Engine engine : {Engine::ce, Engine::sm}) {
    const auto by = [&](int from, int to, int issuer, bool peer_access) {
      Plan plan = copy(from, to, issuer, peer_access);
      plan.transfers[0].engine = engine;
      return measure_plan(plan, {});
    };
    const auto push = by(0, 1, 0, true);
    EXPECT_EQ(push.outcome, Outcome::corrupt);
    EXPECT_THAT(push.reason, HasSubstr("gpu0 reads all of it back as it wrote it"));
    const auto pull = by(1, 0, 0, true);
    EXPECT_EQ(pull.outcome, Outcome::corrupt) << "gpu0 reads its mirror, not gpu1's memory";
    EXPECT_THAT(pull.reason, Not(HasSubstr("reads all of it back")));
    EXPECT_EQ(by(0, 1, 1, true).outcome, Outcome::ok) << "gpu1's window is sound";
    EXPECT_EQ(by(1, 0, 1, true).outcome, Outcome::ok);
    if (engine == Engine::ce) {
      EXPECT_EQ(by(0, 1, 0, false).outcome, Outcome::ok) << "staged copies use no window";
    }
  }
}

TEST(MeasurePlan, OtherCorruptionIsNotCalledAMirror) {
  open_machine("dual-rtx3090-nvlink",
               R"({"faults": [{"kind": "nothing-written", "from": 0, "to": 1}]})");
  EXPECT_THAT(measure_plan(copy(0, 1, 0, true), {}).reason, Not(HasSubstr("reads all of it back")));
}

TEST(MeasurePlan, AHangIsAnOutcome) {
  open_machine("dual-rtx3090-nvlink", R"({"faults": [{"kind": "no-progress"}]})");
  EXPECT_EQ(measure_plan(copy(0, 1, 0, true), {}).outcome, Outcome::hang);
}

TEST(MeasurePlan, ALocalCopyNeedsNoPeer) {
  open_machine("dgx-spark", R"({"noise_cv": 0})");
  const auto measured = measure_plan(copy(0, 0, 0, false), {});
  ASSERT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_NEAR(2 * median(measured), 214.5, 2.2) << "traffic is twice the copied bytes";
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
