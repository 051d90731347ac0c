// SPDX-License-Identifier: Apache-2.0
#include "judge/baseline.hpp"
#include "../result/sample_cells.hpp"

#include <gmock/gmock.h>

#include "../result/sample_machines.hpp"
#include "../result/sample_runs.hpp"
#include "judge/context.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using result::Check;
using result::Outcome;
using result::Status;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// 20 samples spread evenly over `part` of the median to both sides.
void sample(result::Cell& cell, double median, double part) {
  cell.samples.clear();
  for (int i = 0; i < 20; ++i) cell.samples.push_back(median * (1 + part * (i - 9.5) / 9.5));
  cell.median = median;
  cell.n = 20;
}

result::Run sampled(double part = 0.01) {
  result::Run run = result::dual_rtx3090_nvlink();
  for (auto& cell : run.cells) sample(cell, *cell.median, part);
  return run;
}

/// The first cell's median `times` what it was.
result::Run changed(double times, double part = 0.01) {
  result::Run run = sampled(part);
  sample(run.cells[0], *run.cells[0].median * times, part);
  return run;
}

Check against(const result::Run& run, const result::Run& baseline,
              double max_drop = default_max_drop) {
  return check_baseline(run, baseline, "before.json", max_drop);
}

std::string evidence(const Check& check) {
  std::string all;
  for (const auto& line : check.evidence) {
    all += line.asked + ": " + line.answer + " (" + line.meaning + ")\n";
  }
  return all;
}

TEST(Baseline, TheSameRunHasNotRegressed) {
  const Check same = against(sampled(), sampled());
  EXPECT_EQ(same.outcome, Outcome::met);
  EXPECT_EQ(same.requirement, "no drop of more than 5 % since before.json");
  EXPECT_THAT(same.reason, HasSubstr("none of 13 cells"));
  EXPECT_THAT(same.evidence, Not(IsEmpty()));
}

TEST(Baseline, ADropBeyondTheSpreadIsARegression) {
  const Check dropped = against(changed(0.9), sampled());
  EXPECT_EQ(dropped.outcome, Outcome::not_met);
  EXPECT_THAT(dropped.reason,
              AllOf(HasSubstr("1 of 13 cells regressed by more than 5 %"),
                    HasSubstr("peer/ce/push/uni/gpu0-gpu1/bytes:268435456 with 45.92 GB/s"),
                    HasSubstr("51.02 GB/s before: 10.0 % lower"), HasSubstr("95 % intervals")));
}

TEST(Baseline, SmallDropsAndGainsAreNone) {
  EXPECT_EQ(against(changed(0.96), sampled()).outcome, Outcome::met);
  EXPECT_EQ(against(changed(1.5), sampled()).outcome, Outcome::met);
  EXPECT_THAT(evidence(against(changed(0.96), sampled())),
              HasSubstr("the largest change for the worse; 51.02 GB/s before: 4.0 % lower"));
  EXPECT_EQ(against(changed(0.96), sampled(), 0.03).outcome, Outcome::not_met);
}

TEST(Baseline, ADropWithinTheSpreadIsNone) {
  const Check wide = against(changed(0.9, 0.5), sampled(0.5));
  EXPECT_EQ(wide.outcome, Outcome::met);
  EXPECT_THAT(evidence(wide), HasSubstr("10.0 % lower"));
  // Only one of the two spreads widely: the intervals still overlap.
  EXPECT_EQ(against(changed(0.9, 0.5), sampled()).outcome, Outcome::met);
}

TEST(Baseline, TooFewSamplesCannotTell) {
  result::Run few = changed(0.9);
  few.cells[0].samples.resize(5);
  const Check check = against(few, sampled());
  EXPECT_EQ(check.outcome, Outcome::cannot_tell);
  EXPECT_THAT(check.reason, HasSubstr("fewer than 6 samples"));
  // Where nothing dropped it does not matter.
  few = sampled();
  few.cells[0].samples.resize(5);
  EXPECT_EQ(against(few, sampled()).outcome, Outcome::met);
  // Another cell has regressed for sure.
  few = changed(0.9);
  few.cells[0].samples.resize(5);
  sample(few.cells[1], 30, 0.01);
  EXPECT_EQ(against(few, sampled()).outcome, Outcome::not_met);
}

TEST(Baseline, ATimeGetsWorseWhenItGrows) {
  result::Run before = sampled();
  before.cells[0].unit = "us";
  result::Run now = changed(1.2);
  now.cells[0].unit = "us";
  EXPECT_EQ(against(now, before).outcome, Outcome::not_met);
  EXPECT_THAT(against(now, before).reason, HasSubstr("20.0 % higher"));
  now = changed(0.8);
  now.cells[0].unit = "us";
  EXPECT_EQ(against(now, before).outcome, Outcome::met);
}

TEST(Baseline, ACellThatFailsNowHasRegressed) {
  for (const Status status : {Status::unsupported, Status::error, Status::corrupt, Status::hang}) {
    result::Run now = sampled();
    now.cells[0] = result::unmeasured(now.cells[0], status, "for a reason");
    const Check lost = against(now, sampled());
    EXPECT_EQ(lost.outcome, Outcome::not_met) << name(status);
    EXPECT_THAT(lost.reason, HasSubstr("for a reason"));
  }
}

TEST(Baseline, CellsOfOneRunOnlyAreListed) {
  result::Run fewer = sampled();
  fewer.cells.erase(fewer.cells.begin());
  fewer.cells[0] = result::unmeasured(fewer.cells[0], Status::skipped, "");
  const Check check = against(fewer, sampled());
  EXPECT_EQ(check.outcome, Outcome::met);
  EXPECT_THAT(
      evidence(check),
      AllOf(HasSubstr("push/uni/gpu0-gpu1/bytes:268435456: not measured (51.02 GB/s before"),
            HasSubstr("pull/uni/gpu0-gpu1/bytes:268435456: not measured")));
  EXPECT_THAT(evidence(against(sampled(), fewer)), HasSubstr("51.02 GB/s (not measured before)"));
  fewer.cells.clear();
  EXPECT_EQ(against(fewer, sampled()).outcome, Outcome::cannot_tell);
}

TEST(Baseline, OtherSizesCannotTell) {
  result::Run other = sampled();
  rename(other.cells[0], "peer/ce/push/uni/gpu0-gpu1/bytes:67108864");
  const Check check = against(other, sampled());
  EXPECT_EQ(check.outcome, Outcome::cannot_tell);
  EXPECT_THAT(evidence(check), HasSubstr("not the same size"));
  sample(other.cells[1], 30, 0.01);
  EXPECT_EQ(against(other, sampled()).outcome, Outcome::not_met);
}

TEST(Baseline, WhatWasNotMeasuredAlikeIsNotJudgedAndSaidFirst) {
  const auto cannot_tell = [](const char* what, void (*change)(result::Run&)) {
    result::Run other = changed(0.5);
    change(other);
    const Check check = against(other, sampled());
    EXPECT_EQ(check.outcome, Outcome::cannot_tell) << what;
    EXPECT_THAT(check.reason, AllOf(HasSubstr("not measured alike"), HasSubstr(what)));
    ASSERT_FALSE(check.evidence.empty());
    EXPECT_EQ(check.evidence.front().asked, what);
    EXPECT_THAT(evidence(check), HasSubstr("50.0 % lower"));  // still shown
  };
  cannot_tell("driver", [](result::Run& run) { run.machine.driver_version = "550.54.14"; });
  cannot_tell("CUDA", [](result::Run& run) { run.machine.runtime_version = 12040; });
  cannot_tell("GPUs", [](result::Run& run) { run.machine.gpus[1].model = "NVIDIA RTX A6000"; });
  cannot_tell("GPUs", [](result::Run& run) { run.machine.gpus.pop_back(); });
  cannot_tell("class", [](result::Run& run) { run.machine.machine_class = machine::Class::mixed; });
  cannot_tell("origin", [](result::Run& run) { run.simulated = result::Simulated{"x"}; });
  cannot_tell("links", [](result::Run& run) { run.machine.links[0].links_up = 5; });
  cannot_tell("links", [](result::Run& run) {
    run.machine.gpus[0].pcie.narrowest = machine::PcieSpeed{5, 16};
  });
}

TEST(Baseline, ALostLinkIsWhatACheckShouldFind) {
  result::Run fewer = changed(0.75);
  for (auto& link : fewer.machine.links) link.links_up = 3;
  const Check check = against(fewer, sampled());
  EXPECT_EQ(check.outcome, Outcome::not_met);
  EXPECT_EQ(check.evidence.front().answer, "gpu0 -> gpu1: 3 NVLinks up, 4 before");
  // With all links the class goes too.
  for (auto& link : fewer.machine.links) link.links_up = 0;
  fewer.machine.machine_class = machine::Class::discrete_pcie;
  EXPECT_EQ(against(fewer, sampled()).outcome, Outcome::not_met);
  result::Run slot = changed(0.75);
  slot.machine.gpus[1].pcie.narrowest = machine::PcieSpeed{4, 4};
  EXPECT_EQ(against(slot, sampled()).outcome, Outcome::not_met);
  EXPECT_THAT(lost_links(sampled(), slot), SizeIs(1));
  EXPECT_THAT(lost_links(sampled(), slot).front(), HasSubstr("gpu1: PCIe 4.0 x4, 4.0 x16 before"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
