// SPDX-License-Identifier: Apache-2.0
#include "judge/compare.hpp"
#include "../result/sample_cells.hpp"

#include <gmock/gmock.h>

#include <array>

#include "../result/sample_runs.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using result::ComparedGroup;
using result::ComparedRow;
using result::Comparison;
using ::testing::ElementsAre;

void sample(result::Run& run) {
  for (auto& cell : run.cells) {
    if (!cell.median) continue;
    cell.samples.clear();
    for (int i = 0; i < 20; ++i) cell.samples.push_back(*cell.median * (0.99 + 0.02 * i / 19));
  }
}

/// A bridged pair and a pair without peer access, both sampled 20 times within 1 %.
std::array<result::Run, 2> two() {
  std::array<result::Run, 2> runs{result::dual_rtx3090_nvlink(), result::dual_rtx4090()};
  for (result::Run& run : runs) sample(run);
  return runs;
}

const ComparedRow* row(const Comparison& comparison, const std::string& name) {
  for (const auto& group : comparison.groups) {
    for (const auto& one : group.rows) {
      if (one.name == name) return &one;
    }
  }
  ADD_FAILURE() << "no row " << name;
  return nullptr;
}

const result::ContextLine& line(const Comparison& comparison, const std::string& what) {
  for (const auto& one : comparison.context) {
    if (one.what == what) return one;
  }
  ADD_FAILURE() << "no line " << what;
  return comparison.context.front();
}

TEST(Compare, GroupsTheCellsOfAllRuns) {
  const auto runs = two();
  const Comparison comparison = compare(runs, {"a.json", "b.json"});
  EXPECT_THAT(comparison.files, ElementsAre("a.json", "b.json"));
  std::vector<ComparedGroup> groups;
  std::size_t rows = 0;
  for (const auto& group : comparison.groups) {
    groups.push_back(group.group);
    rows += group.rows.size();
  }
  EXPECT_THAT(groups, ElementsAre(ComparedGroup::one_way, ComparedGroup::both_ways,
                                  ComparedGroup::staged, ComparedGroup::pool));
  EXPECT_EQ(rows, 13u);  // the second run has no cell that the first one lacks
}

TEST(Compare, RatiosAreToTheFirstRunWithTheirSpread) {
  const auto runs = two();
  const Comparison comparison = compare(runs, {"a", "b"});
  const auto* staged = row(comparison, "peer/ce/staged/uni/gpu0-gpu1/bytes:268435456");
  ASSERT_NE(staged, nullptr);
  EXPECT_FALSE(staged->figures[0].ratio.has_value());
  EXPECT_DOUBLE_EQ(staged->figures[1].ratio.value(), 22.04 / 11.29);
  ASSERT_TRUE(staged->figures[1].ratio_low.has_value());
  // The ends of both intervals that lie farthest apart.
  EXPECT_DOUBLE_EQ(*staged->figures[1].ratio_low,
                   *staged->figures[1].low / *staged->figures[0].high);
  EXPECT_DOUBLE_EQ(*staged->figures[1].ratio_high,
                   *staged->figures[1].high / *staged->figures[0].low);
  EXPECT_LT(*staged->figures[1].ratio_low, *staged->figures[1].ratio);
  EXPECT_GT(*staged->figures[1].ratio_high, *staged->figures[1].ratio);
}

TEST(Compare, SaysWhyAFigureIsMissing) {
  auto runs = two();
  runs[0].cells.push_back(result::peer_cell("push", "uni", "gpu0", "gpu3", 50));
  runs[0].cells.push_back(result::pool_cell("copy", "gpu3", 0, 800));
  result::Cell collective;
  rename(collective, "collective/nccl/all_reduce/gpus:0,1,2/float/bytes:8192");
  collective.status = result::Status::ok;
  collective.median = 10;
  runs[0].cells.push_back(collective);
  rename(collective, "collective/nccl/all_reduce/gpus:0,1/float/bytes:8192");
  runs[0].cells.push_back(collective);
  runs[1].cells.push_back(result::unmeasured(result::pool_cell("read", "gpu1", 0, 1),
                                             result::Status::corrupt, "wrong"));
  const Comparison comparison = compare(runs, {"a", "b"});
  const auto missing = [&](const char* name) { return row(comparison, name)->figures[1].missing; };
  EXPECT_EQ(missing("peer/ce/push/uni/gpu0-gpu1/bytes:268435456"), "no such link");  // refused
  EXPECT_EQ(missing("peer/ce/push/uni/gpu0-gpu3/bytes:268435456"), "no such link");  // no GPU
  EXPECT_EQ(missing("pool/ce/copy/gpu3/device/bytes:1073741824"), "no such GPU");
  EXPECT_EQ(missing("collective/nccl/all_reduce/gpus:0,1,2/float/bytes:8192"), "no such link");
  EXPECT_EQ(missing("collective/nccl/all_reduce/gpus:0,1/float/bytes:8192"), "not measured");
  EXPECT_EQ(missing("pool/cpu/triad/host0/threads:16/bytes:536870912"), "not measured");
  EXPECT_EQ(missing("pool/ce/read/gpu1/device/bytes:1073741824"), "corrupt");
  EXPECT_EQ(missing("pool/ce/copy/gpu0/device/bytes:1073741824"), "");
  EXPECT_FALSE(row(comparison, "peer/ce/push/uni/gpu0-gpu1/bytes:268435456")->figures[1].ratio);
}

/// The best way of the second run beside the first's, made slower by `change`.
template <typename Change>
result::Slower why_slower(Change change) {
  std::array<result::Run, 2> runs{result::dual_rtx3090_nvlink(), result::dual_rtx3090_nvlink()};
  change(runs[1]);
  for (auto& cell : runs[1].cells) {
    if (cell.family == "peer" && cell.median) cell.median = *cell.median / 2;
  }
  const Comparison comparison = compare(runs, {"a", "b"});
  EXPECT_LT(*comparison.best[1].one_way, *comparison.best[0].one_way);
  return comparison.slower.at(0);
}

void without_direct_copies(result::Run& run) {
  std::erase_if(run.cells,
                [](const auto& cell) { return cell.family == "peer" && cell.kind != "staged"; });
}

TEST(Compare, SaysWhyTheBestWayIsSlower) {
  using result::Slower;
  EXPECT_EQ(why_slower([](result::Run& run) {
              for (auto& link : run.machine.links) link.links_up = 3;
            }),
            Slower::links_down);
  EXPECT_EQ(why_slower([](result::Run& run) {
              for (auto& link : run.machine.links) link.links_up = link.links_present = 2;
            }),
            Slower::fewer_links);
  EXPECT_EQ(why_slower(without_direct_copies), Slower::not_tried);
  EXPECT_EQ(why_slower([](result::Run&) {}), Slower::unknown);
  auto runs = two();
  EXPECT_EQ(compare(runs, {"a", "b"}).slower.at(0), Slower::not_allowed);
  std::swap(runs[0], runs[1]);
  EXPECT_EQ(compare(runs, {"a", "b"}).slower.at(0), Slower::not_allowed) << "of the first then";
}

TEST(Compare, WhatNoRunMeasuredIsNoRow) {
  auto runs = two();
  for (auto& run : runs) {
    for (auto& cell : run.cells) {
      if (cell.kind == "staged") cell.status = result::Status::skipped;
      if (cell.family == "pool") cell.status = result::Status::corrupt;
    }
  }
  const Comparison comparison = compare(runs, {"a", "b"});
  EXPECT_TRUE(std::ranges::none_of(
      comparison.groups, [](const auto& group) { return group.group == ComparedGroup::staged; }));
  EXPECT_TRUE(std::ranges::any_of(comparison.groups, [](const auto& group) {
    return group.group == ComparedGroup::pool;
  })) << "data that arrived wrong are never left away";
}

TEST(Compare, NanosecondsDoNotStandUnderMicroseconds) {
  auto runs = two();
  for (result::Run& run : runs) {
    result::Cell cell;
    rename(cell, "latency/cpu/chase/host0/bytes:1024");
    cell.unit = "ns";
    cell.status = result::Status::ok;
    cell.median = 110;
    run.cells.push_back(cell);
    rename(cell, "latency/sm/chase/gpu0/device/bytes:1024");
    cell.unit = "us";
    run.cells.push_back(cell);
  }
  std::vector<ComparedGroup> groups;
  for (const auto& group : compare(runs, {"a.json", "b.json"}).groups) {
    for (const ComparedRow& one : group.rows) {
      if (one.name.starts_with("latency/")) groups.push_back(group.group);
    }
  }
  EXPECT_THAT(groups, testing::IsSupersetOf({ComparedGroup::latency, ComparedGroup::cpu_loads}));
}

TEST(Compare, MessagesOfASplitModelStandTogetherAndShorterIsFaster) {
  auto runs = two();
  for (result::Run& run : runs) {
    result::Cell cell;
    rename(cell, "split/ce/boundary/push/gpu0-gpu1/bytes:8192");
    cell.unit = "us";
    cell.status = result::Status::unsupported;
    run.cells = {cell};
  }
  runs[0].cells[0].status = result::Status::ok;
  runs[0].cells[0].median = 2.5;
  const Comparison comparison = compare(runs, {"a.json", "b.json"});
  ASSERT_EQ(comparison.groups.size(), 1u);
  EXPECT_EQ(comparison.groups[0].group, ComparedGroup::split);
  EXPECT_EQ(comparison.groups[0].rows[0].figures[1].missing, "no such link");
}

TEST(Compare, OneSizeMatchesAnotherSeveralMatchByName) {
  auto runs = two();
  auto& staged = runs[1].cells[2];
  ASSERT_EQ(staged.name, "peer/ce/staged/uni/gpu0-gpu1/bytes:268435456");
  rename(staged, "peer/ce/staged/uni/gpu0-gpu1/bytes:67108864");
  Comparison comparison = compare(runs, {"a", "b"});
  const auto* both = row(comparison, "peer/ce/staged/uni/gpu0-gpu1");
  ASSERT_NE(both, nullptr);
  EXPECT_TRUE(both->figures[1].ratio.has_value());
  // With a second size it is no longer said which one is meant.
  result::Cell other = result::peer_cell("staged", "uni", "gpu0", "gpu1", 20);
  rename(other, "peer/ce/staged/uni/gpu0-gpu1/bytes:4096");
  runs[0].cells.push_back(other);
  comparison = compare(runs, {"a", "b"});
  EXPECT_EQ(row(comparison, "peer/ce/staged/uni/gpu0-gpu1/bytes:67108864")->figures[0].missing,
            "not measured");
  EXPECT_EQ(row(comparison, "peer/ce/staged/uni/gpu0-gpu1/bytes:4096")->figures[1].missing,
            "not measured");
}

TEST(Compare, HostsWithOtherNumbersOfThreadsAreStillCompared) {
  auto runs = two();
  runs[1].cells.push_back(result::pool_cell("triad", "host0", 32, 120));
  const Comparison comparison = compare(runs, {"a", "b"});
  EXPECT_TRUE(row(comparison, "pool/cpu/triad/host0")->figures[1].ratio.has_value());
}

TEST(Compare, SaysWhatContextDiffers) {
  auto runs = two();
  runs[1].machine.driver_version = "550.54.14";
  const Comparison comparison = compare(runs, {"a", "b"});
  EXPECT_TRUE(line(comparison, "driver").differs);
  EXPECT_THAT(line(comparison, "driver").values, ElementsAre("580.95.05", "550.54.14"));
  EXPECT_FALSE(line(comparison, "CUDA").differs);
  EXPECT_THAT(line(comparison, "GPUs").values,
              ElementsAre("2 x NVIDIA GeForce RTX 3090", "2 x NVIDIA GeForce RTX 4090"));
  EXPECT_THAT(line(comparison, "links").values, ElementsAre("4 of 4 NVLinks up", "no NVLink"));
  EXPECT_THAT(line(comparison, "peer access").values, ElementsAre("offered", "refused"));
  EXPECT_THAT(line(comparison, "origin").values,
              ElementsAre("measured", "SIMULATED (dual-rtx4090)"));
  EXPECT_FALSE(line(comparison, "sizes").differs);
}

TEST(Compare, ACountOfRunsHasNoLimit) {
  std::vector<result::Run> runs(4, result::dual_rtx3090_nvlink());
  runs[2].cells.clear();
  const Comparison comparison = compare(runs, {"a", "b", "c", "d"});
  const auto* push = row(comparison, "peer/ce/push/uni/gpu0-gpu1/bytes:268435456");
  ASSERT_EQ(push->figures.size(), 4u);
  EXPECT_EQ(push->figures[2].missing, "not measured");
  EXPECT_DOUBLE_EQ(push->figures[3].ratio.value(), 1);
  EXPECT_FALSE(push->figures[3].ratio_low.has_value());  // five samples give no interval
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
