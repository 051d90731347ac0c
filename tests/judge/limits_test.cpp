// SPDX-License-Identifier: Apache-2.0
#include "judge/limits.hpp"
#include "../result/sample_cells.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "../result/sample_runs.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using result::Check;
using result::Outcome;
using result::Status;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Check checked(const result::Run& run, const std::string& text) {
  const auto limit = parse_limit(text);
  EXPECT_TRUE(limit.has_value()) << limit.error().message;
  return limit ? check(run, *limit) : Check{};
}

std::string evidence(const Check& check) {
  std::string all;
  for (const auto& line : check.evidence) {
    all += line.asked + ": " + line.answer + " (" + line.meaning + ")\n";
  }
  return all;
}

result::Run with(result::Run run, const result::Cell& cell) {
  run.cells.push_back(cell);
  return run;
}

/// A small copy that takes `time` in `unit`.
result::Cell latency(double time, const std::string& unit = "us") {
  result::Cell cell = result::peer_cell("push", "uni", "gpu0", "gpu1", time);
  rename(cell, "latency/ce/push/gpu0-gpu1/bytes:16");
  cell.unit = unit;
  cell.counts = result::Counts::none;
  return cell;
}

TEST(ParseLimit, ReadsRatesSharesAndTimes) {
  const Limit rate{"peer/*>=45GB/s", "peer/*", Limit::Kind::rate, 45};
  EXPECT_EQ(parse_limit("peer/*>=45GB/s").value(), rate);
  EXPECT_EQ(parse_limit("peer/* >= 4.5e1 GB/s")->value, 45);
  EXPECT_EQ(parse_limit("peer/* >= 45 GB/s")->pattern, "peer/*");
  EXPECT_EQ(parse_limit("*>=80%")->kind, Limit::Kind::share);
  EXPECT_DOUBLE_EQ(parse_limit("*>=80%")->value, 0.8);
  EXPECT_EQ(parse_limit("*>=80%full")->kind, Limit::Kind::full_share);
  EXPECT_DOUBLE_EQ(parse_limit("* >= 80 %full")->value, 0.8);
  EXPECT_EQ(parse_limit("latency/*<=20us")->kind, Limit::Kind::time);
  EXPECT_DOUBLE_EQ(parse_limit("latency/*<=500ns")->value, 0.5);
}

TEST(ParseLimit, RefusesAllElseAndShowsHowItIsWritten) {
  const std::vector<std::pair<const char*, const char*>> bad = {
      {"peer/*", "no >= or <="},
      {"", "no >= or <="},
      {"peer/*=45GB/s", "no >= or <="},
      {">=45GB/s", "which cells"},
      {"peer/*>=", "number above 0"},
      {"peer/*>=fast", "number above 0"},
      {"peer/*>=0GB/s", "above 0"},
      {"peer/*>=-1GB/s", "above 0"},
      {"peer/*>=infGB/s", "above 0"},
      {"peer/*>=nanGB/s", "above 0"},
      {"peer/*>=45", "'' is no unit"},
      {"peer/*>=45GiB/s", "'GiB/s' is no unit"},
      {"peer/*>=45GB/s,", "no unit"},
      {"peer/*<=45GB/s", "reached with >="},
      {"latency/*>=20us", "kept with <="},
      {"peer/*>=101%", "more than 100 %"},
      {"peer/*>=101%full", "more than 100 %"},
      {"peer/*>=80%half", "'%half' is no unit"},
      {"peer/*<=80%full", "reached with >="}};
  for (const auto& [text, why] : bad) {
    const auto limit = parse_limit(text);
    ASSERT_FALSE(limit.has_value()) << text;
    EXPECT_EQ(limit.error().kind, ErrorKind::usage);
    EXPECT_THAT(limit.error().message, AllOf(HasSubstr(why), HasSubstr("'peer/*>=45GB/s'")));
  }
}

TEST(Limit, IsMetWhenEveryCellKeepsIt) {
  const Check met = checked(result::dual_rtx3090_nvlink(), "peer/*>=50GB/s");
  EXPECT_EQ(met.outcome, Outcome::met);
  EXPECT_EQ(met.reason, "all 6 cells keep to 50 GB/s");
  EXPECT_EQ(met.advice, "");
  EXPECT_THAT(evidence(met), HasSubstr("peer/ce/push/uni/gpu0-gpu1/bytes:268435456: 51.02 GB/s"));
  // Exactly at the limit is enough.
  EXPECT_EQ(checked(result::dual_rtx3090_nvlink(), "peer/*>=50.87GB/s").outcome, Outcome::met);
}

TEST(Limit, SaysWhatMissesItAndByHowMuch) {
  result::Run run = result::dual_rtx3090_nvlink();
  run.cells[0].median = 40.5;
  run.cells[1].median = 36;
  const Check missed = checked(run, "peer/*>=45GB/s");
  EXPECT_EQ(missed.outcome, Outcome::not_met);
  EXPECT_THAT(missed.reason,
              AllOf(HasSubstr("2 of 6 cells below the limit"),
                    HasSubstr("peer/ce/pull/uni/gpu0-gpu1/bytes:268435456 with 36 GB/s: 9 GB/s "
                              "(20.0 %) below 45 GB/s")));
  const std::string lines = evidence(missed);
  EXPECT_THAT(lines, HasSubstr("40.5 GB/s (4.5 GB/s (10.0 %) below 45 GB/s)"));
  EXPECT_LT(lines.find("36 GB/s"), lines.find("40.5 GB/s"));  // the worst first
}

TEST(Limit, PatternsNameWholeNamesWithOrWithoutTheSize) {
  const result::Run run = result::dual_rtx3090_nvlink();
  EXPECT_THAT(checked(run, "peer/ce/push/uni/gpu0-gpu1>=50GB/s").reason, HasSubstr("the one cell"));
  EXPECT_THAT(checked(run, "peer/ce/push/uni/gpu?-gpu1/bytes:268435456>=50GB/s").reason,
              HasSubstr("the one cell"));
  EXPECT_THAT(checked(run, "peer/*/uni/*>=50GB/s").reason, HasSubstr("all 4 cells"));
  EXPECT_THAT(checked(run, "peer/ce/pu[l]l/uni/*>=50GB/s").reason, HasSubstr("all 2 cells"));
  EXPECT_EQ(checked(run, "push>=50GB/s").outcome, Outcome::not_met);
}

TEST(Limit, StagedCellsAreJudgedOnlyWhereThePatternSaysSo) {
  const result::Run run = result::dual_rtx3090_nvlink();
  EXPECT_THAT(evidence(checked(run, "peer/*>=45GB/s")), HasSubstr("staged cells: 3 not judged"));
  const Check staged = checked(run, "peer/*staged*>=11.5GB/s");
  EXPECT_EQ(staged.outcome, Outcome::not_met);
  EXPECT_THAT(staged.reason, HasSubstr("2 of 3 cells below the limit"));
  const Check alone = checked(run, "peer/ce/[s]taged/*>=11GB/s");
  EXPECT_EQ(alone.outcome, Outcome::not_met);
  EXPECT_THAT(alone.reason, HasSubstr("staged cells alone"));
}

TEST(Limit, SharesAreOfEachCellsOwnCeiling) {
  result::Run run = result::dual_rtx3090_nvlink();
  EXPECT_EQ(checked(run, "peer/*>=90%").outcome, Outcome::met);
  const Check missed = checked(run, "peer/ce/push/uni/*>=95%");
  EXPECT_EQ(missed.outcome, Outcome::not_met);
  EXPECT_THAT(missed.reason, HasSubstr("90.7 % of the ceiling 56.25 GB/s, 4.3 percentage points "
                                       "below 95 % of its ceiling"));
  // Where no ceiling is known it cannot be told, unless another cell is known to be too low.
  run.cells[0].ceiling.reset();
  const Check unknown = checked(run, "peer/*>=90%");
  EXPECT_EQ(unknown.outcome, Outcome::cannot_tell);
  EXPECT_THAT(unknown.reason, HasSubstr("1 of 6 cells cannot be told"));
  EXPECT_EQ(checked(run, "peer/*>=95%").outcome, Outcome::not_met);
  EXPECT_EQ(checked(run, "peer/*staged*>=10%").outcome, Outcome::cannot_tell);
}

/// The links of all pairs, and of the cells the ceiling that follows from those that are up.
result::Run with_links(result::Run run, int up, int present) {
  for (machine::PeerLink& link : run.machine.links) {
    link.links_up = up;
    link.links_present = present;
  }
  for (result::Cell& cell : run.cells) {
    if (!cell.ceiling) continue;
    cell.ceiling->value *= up / 4.0;
    *cell.median *= up / 4.0;
  }
  return run;
}

TEST(Limit, AFullShareCountsTheLinksThatAreDown) {
  const result::Run healthy = result::dual_rtx3090_nvlink();
  EXPECT_EQ(checked(healthy, "peer/*>=80%full").outcome, Outcome::met);
  const result::Run partly = with_links(healthy, 3, 4);
  EXPECT_EQ(checked(partly, "peer/*>=80%").outcome, Outcome::met);
  const Check missed = checked(partly, "peer/ce/push/uni/gpu0-gpu1>=80%full");
  EXPECT_EQ(missed.outcome, Outcome::not_met);
  EXPECT_THAT(missed.reason,
              HasSubstr("68.0 % of the 56.25 GB/s of all 4 NVLinks (90.7 % of the 3 that are up), "
                        "12.0 percentage points below 80 % of its ceiling with all NVLinks that "
                        "are there"));
  EXPECT_EQ(checked(partly, "peer/*>=80%full").outcome, Outcome::not_met);
  const Check enough = checked(partly, "peer/*>=60%full");
  EXPECT_EQ(enough.outcome, Outcome::met);
  EXPECT_THAT(evidence(enough), HasSubstr("(90.7 % of the 3 that are up)"));
}

TEST(Limit, AFullShareWithoutNvlinksIsTheShare) {
  result::Run run = with_links(result::dual_rtx3090_nvlink(), 4, 4);
  for (machine::PeerLink& link : run.machine.links) link.links_up = link.links_present = 0;
  EXPECT_EQ(checked(run, "peer/*>=90%full").outcome, Outcome::met);
  EXPECT_THAT(checked(run, "peer/ce/push/uni/*>=95%full").reason,
              HasSubstr("90.7 % of the ceiling 56.25 GB/s, 4.3 percentage points below"));
}

TEST(Limit, AFullShareOfLinksThatAreAllDownCannotBeTold) {
  result::Run run = result::dual_rtx3090_nvlink();
  for (machine::PeerLink& link : run.machine.links) link.links_up = 0;
  const Check unknown = checked(run, "peer/*>=80%full");
  EXPECT_EQ(unknown.outcome, Outcome::cannot_tell);
  EXPECT_THAT(unknown.reason, HasSubstr("what all NVLinks that are there would carry"));
}

TEST(Limit, AFullShareThroughASwitchCountsWhatTheBoardWires) {
  result::Run run = result::dual_rtx3090_nvlink();
  for (machine::PeerLink& link : run.machine.links) {
    link.through_switch = true;
    link.links_up = link.links_present = 16;
  }
  EXPECT_EQ(checked(run, "peer/*>=85%full").outcome, Outcome::met);
  run.findings.push_back(machine::make_finding(machine::FindingCode::nvlinks_uneven,
                                               {machine::gpu_subject(1)},
                                               {{"links_up", 16}, {"links_wired", 18}}));
  const Check missed = checked(run, "peer/ce/push/uni/gpu0-gpu1>=85%full");
  EXPECT_EQ(missed.outcome, Outcome::not_met);
  EXPECT_THAT(missed.reason, HasSubstr("of all 18 NVLinks (90.7 % of the 16 that are up)"));
}

TEST(Limit, AFullShareOfACollectiveCountsTheLinksBetweenItsGpus) {
  result::Run run = with_links(result::dual_rtx3090_nvlink(), 3, 4);
  result::Cell cell = run.cells[0];
  rename(cell, "collective/nccl/all_reduce/gpus:0,1/float/bytes:268435456");
  run.cells = {cell};
  EXPECT_EQ(checked(run, "collective/*>=80%").outcome, Outcome::met);
  EXPECT_EQ(checked(run, "collective/*>=80%full").outcome, Outcome::not_met);
}

TEST(Limit, TimesMustStayBelow) {
  const result::Run run =
      with(with(result::dual_rtx3090_nvlink(), latency(12.5)), latency(11000, "ns"));
  EXPECT_EQ(checked(run, "latency/*<=12.5us").outcome, Outcome::met);
  EXPECT_EQ(checked(run, "latency/*<=12500ns").outcome, Outcome::met);
  const Check slow = checked(run, "latency/*<=10us");
  EXPECT_EQ(slow.outcome, Outcome::not_met);
  EXPECT_THAT(slow.reason, HasSubstr("2 of 2 cells above the limit"));
  EXPECT_THAT(slow.reason, HasSubstr("12.5 us: 2.5 us (25.0 %) above 10 us"));
  EXPECT_THAT(evidence(slow), HasSubstr("11000 ns (1 us (10.0 %) above 10 us)"));
}

TEST(Limit, CellsInAnotherUnitAreLeftOut) {
  const result::Run run = with(result::dual_rtx3090_nvlink(), latency(12.5));
  const Check all = checked(run, "*>=50GB/s");
  EXPECT_EQ(all.outcome, Outcome::met);
  EXPECT_THAT(evidence(all), HasSubstr("cells in us: 1 not judged"));
  const Check wrong = checked(run, "latency/*>=50GB/s");
  EXPECT_EQ(wrong.outcome, Outcome::not_met);
  EXPECT_THAT(wrong.reason, HasSubstr("are in us"));
}

TEST(Limit, WhatWasNotMeasuredIsNotMet) {
  const Check refused = checked(result::dual_rtx4090(), "peer/*>=1GB/s");
  EXPECT_EQ(refused.outcome, Outcome::not_met);
  EXPECT_THAT(refused.reason, AllOf(HasSubstr("not possible"), HasSubstr("refuses peer access")));
  const Check absent = checked(result::dual_rtx4090(), "peer/ce/push/uni/gpu2-gpu3>=1GB/s");
  EXPECT_EQ(absent.outcome, Outcome::not_met);
  EXPECT_THAT(absent.reason, AllOf(HasSubstr("not measured"), HasSubstr("none of the result's 11"),
                                   HasSubstr("did you mean")));
  ASSERT_FALSE(absent.evidence.empty());
  EXPECT_EQ(checked(result::Run{}, "*>=1GB/s").outcome, Outcome::not_met);
}

TEST(Limit, AFailedCellIsNotMetAndASkippedOneIsListed) {
  for (const Status status : {Status::error, Status::corrupt, Status::hang}) {
    result::Run run = result::dual_rtx3090_nvlink();
    run.cells[0] = result::unmeasured(run.cells[0], status, "for a reason");
    const Check failed = checked(run, "peer/*>=45GB/s");
    EXPECT_EQ(failed.outcome, Outcome::not_met);
    EXPECT_THAT(failed.reason, AllOf(HasSubstr("1 of 6 cells failed"), HasSubstr(name(status))));
    EXPECT_THAT(evidence(failed), HasSubstr("for a reason"));
  }
  result::Run run = result::dual_rtx3090_nvlink();
  run.cells[0] = result::unmeasured(run.cells[0], Status::skipped, "for a reason");
  const Check others = checked(run, "peer/*>=45GB/s");
  EXPECT_EQ(others.outcome, Outcome::met);
  EXPECT_THAT(evidence(others), HasSubstr("bytes:268435456: skipped (for a reason)"));
}

TEST(Limit, ManyCellsAreCountedNotListed) {
  result::Run run = result::dual_rtx3090_nvlink();
  for (int i = 0; i < 40; ++i) run.cells.push_back(run.cells[0]);
  const Check missed = checked(run, "peer/ce/push/uni/gpu0-gpu1>=60GB/s");
  EXPECT_LT(missed.evidence.size(), 20u);
  EXPECT_THAT(evidence(missed), HasSubstr("29 more: beyond the limit too"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
