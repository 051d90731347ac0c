// SPDX-License-Identifier: Apache-2.0
#include "judge/pool_reads.hpp"
#include "../result/sample_cells.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peerbench::judge {
namespace TEST_FILE {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

result::Cell read_cell(const char* memory, double gbs, const char* first_touch = "") {
  result::Cell cell;
  const bool by_cpu = std::string(first_touch) == "cpu";
  rename(cell,
         fmt::format("pool/sm/read/gpu0/{}{}/bytes:67108864", memory, by_cpu ? "/touch:cpu" : ""));
  cell.status = result::Status::ok;
  cell.median = gbs;
  return cell;
}

result::Run run_of(Tri integrated, std::vector<result::Cell> cells) {
  result::Run run;
  machine::Gpu gpu;
  gpu.integrated = {integrated, ""};
  run.machine.gpus = {gpu};
  run.cells = std::move(cells);
  return run;
}

TEST(PoolReads, OnlyReadsThatSayWhatTheMemoryIsAreTaken) {
  result::Cell moved = read_cell("managed", 12);
  rekey(moved, [](auto& key) { key.host_resident = true; });
  result::Cell failed = read_cell("pinned", 1);
  failed.status = result::Status::corrupt;
  result::Cell small = read_cell("device", 900);  // held by the L2
  rekey(small, [](auto& key) { key.bytes = MiB; });
  result::Cell copy = read_cell("pageable", 1);
  rekey(copy, [](auto& key) { key.op = result::Op::copy; });
  result::Run run =
      run_of(Tri::yes, {small, read_cell("device", 231), moved, failed, copy,
                        read_cell("pageable", 20, "cpu"), read_cell("pageable", 229, "gpu")});
  join_pool_reads(run);
  ASSERT_THAT(run.machine.evidence, SizeIs(1));
  EXPECT_EQ(run.machine.evidence[0].asked, "gpu0 reads device / pageable");
  EXPECT_EQ(run.machine.evidence[0].answer, "231 / 229 GB/s");
  EXPECT_THAT(run.findings, IsEmpty());
}

TEST(PoolReads, WhatACacheHoldsOrIsTooShortSaysNothing) {
  result::Run run = run_of(Tri::no, {read_cell("device", 9), read_cell("pinned", 9)});
  run.machine.gpus[0].l2_bytes = 50 * MiB;
  run.settings.sizes = {64 * MiB};
  join_pool_reads(run);
  EXPECT_THAT(run.findings, IsEmpty());
  run.simulated = result::Simulated{"no caches there"};
  for (result::Cell& cell : run.cells) cell.verdict = result::Verdict::not_judged;
  join_pool_reads(run);
  EXPECT_THAT(run.findings, IsEmpty());
  for (result::Cell& cell : run.cells) cell.verdict = result::Verdict::good;
  join_pool_reads(run);
  EXPECT_THAT(run.findings, SizeIs(1));
}

TEST(PoolReads, AContradictionIsAFindingOfTheRun) {
  result::Run run = run_of(Tri::no, {read_cell("device", 231), read_cell("pinned", 229)});
  join_pool_reads(run);
  ASSERT_THAT(run.findings, SizeIs(1));
  EXPECT_THAT(run.findings[0].what, HasSubstr("not integrated"));
  EXPECT_THAT(run.machine.findings, IsEmpty());
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
