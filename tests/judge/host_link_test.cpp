// SPDX-License-Identifier: Apache-2.0
// Verdicts on what a GPU and the host exchange, over NVLink-C2C or PCIe, and on one chip.
#include "judge/host_link.hpp"
#include "../result/sample_cells.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "judge/ceiling.hpp"
#include "judge/judge.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using ::testing::HasSubstr;

result::Cell local_copy(double median) {
  result::Cell cell;
  rename(cell, "pool/ce/copy/gpu0/device/bytes:268435456");
  cell.status = result::Status::ok;
  cell.counts = result::Counts::traffic;
  cell.median = median;
  return cell;
}

/// A GH200: ten NVLink-C2C links of 44.712 GB/s between its CPU and its GPU.
machine::Machine superchip() {
  machine::Machine machine;
  machine.machine_class = machine::Class::coherent_superchip;
  machine::Gpu card;
  card.integrated = {Tri::no, "0"};
  card.c2c_ceiling.emplace();
  card.c2c_ceiling->gbs = 447.12;
  card.pcie.ceiling.emplace();  // only for management
  card.pcie.ceiling->gbs = 2;
  machine.gpus.push_back(card);
  return machine;
}

result::Cell host_cell(const char* kind, double median) {
  result::Cell cell = local_copy(median);
  const std::string way = kind;
  rename(cell, "host/ce/" + way + (way == "both" ? "/bi/" : "/uni/") +
                   (way == "d2h" ? "gpu0-host0" : "host0-gpu0") + "/pinned/bytes:268435456");
  cell.counts = result::Counts::one_way;
  return cell;
}

result::Cell kernel_on(const char* memory, const char* op, double median) {
  result::Cell cell = local_copy(median);
  rename(cell, fmt::format("pool/sm/{}/gpu0/{}/bytes:268435456", op, memory));
  return cell;
}

TEST(Judge, EachWayOverC2cHasTheShareThatHealthySuperchipsReach) {
  struct Case {
    result::Cell cell;
    double ceiling;
    result::Verdict verdict;
  };
  using result::Verdict;
  // The good ones were published of healthy machines: see bounds.cpp.
  for (Case one : {Case{host_cell("h2d", 342), 447.12, Verdict::good},
                   Case{host_cell("h2d", 285), 447.12, Verdict::low},
                   Case{host_cell("d2h", 295), 447.12, Verdict::good},
                   Case{host_cell("d2h", 263), 447.12, Verdict::low},
                   Case{host_cell("both", 364), 894.24, Verdict::good},
                   Case{host_cell("both", 300), 894.24, Verdict::low},
                   Case{kernel_on("pinned", "read", 328), 447.12, Verdict::good},
                   Case{kernel_on("pinned", "read", 285), 447.12, Verdict::low},
                   Case{kernel_on("pinned", "write", 292), 447.12, Verdict::good},
                   Case{kernel_on("pinned", "write", 263), 447.12, Verdict::low}}) {
    judge(one.cell, superchip());
    ASSERT_TRUE(one.cell.ceiling.has_value()) << one.cell.verdict_reason;
    EXPECT_DOUBLE_EQ(one.cell.ceiling->value, one.ceiling);
    EXPECT_EQ(one.cell.verdict, one.verdict) << one.cell.verdict_reason;
    EXPECT_THAT(one.cell.verdict_reason, HasSubstr("healthy links"));
    if (one.verdict == Verdict::low) {
      EXPECT_THAT(one.cell.verdict_reason, HasSubstr("nvidia-smi c2c"));
    }
  }
}

TEST(Judge, WherePlainMemoryLiesIsNotKnown) {
  result::Cell cell = kernel_on("pageable", "read", 3300);  // the GPU touched it first
  judge(cell, superchip());
  EXPECT_FALSE(cell.ceiling.has_value());
  EXPECT_THAT(cell.verdict_reason, HasSubstr("touched it first"));
}

TEST(Judge, KernelsOnTheHostsMemoryAreHeldAgainstPcieAndReachLess) {
  machine::Machine machine = superchip();
  machine.machine_class = machine::Class::single_gpu;
  machine.gpus[0].c2c_ceiling.reset();
  machine.gpus[0].pcie.ceiling->gbs = 32;
  for (const auto& [median, verdict] :
       {std::pair{14.5, result::Verdict::good}, std::pair{14.3, result::Verdict::low}}) {
    result::Cell cell = kernel_on("pinned", "read", median);
    judge(cell, machine);
    EXPECT_EQ(cell.verdict, verdict) << cell.verdict_reason;
  }
}

TEST(Judge, OneCopyEngineCarriesHalfOfBothWays) {
  machine::Machine machine = superchip();
  machine.machine_class = machine::Class::single_gpu;
  machine.gpus[0].c2c_ceiling.reset();
  machine.gpus[0].pcie.ceiling->gbs = 32;
  for (const auto& [engines, verdict] :
       {std::pair{1, result::Verdict::good}, std::pair{2, result::Verdict::low}}) {
    machine.gpus[0].copy_engines = engines;
    result::Cell cell = host_cell("both", 25);  // of 64
    judge(cell, machine);
    EXPECT_EQ(cell.verdict, verdict) << cell.verdict_reason;
  }
}

TEST(Judge, TheCpuAloneIsShownItsShareOfTheOnePoolAndNotJudged) {
  machine::Machine machine = superchip();
  machine.machine_class = machine::Class::unified_pool;
  machine::Pool pool;
  pool.id = "host0";
  pool.ceiling.emplace();
  pool.ceiling->gbs = 273;
  machine.pools = {pool};
  result::Cell cell = local_copy(27.3);
  for (const char* memory : {"", "/pinned", "/managed"}) {
    rename(cell, fmt::format("pool/cpu/copy/host0{}/threads:4/bytes:268435456", memory));
    judge(cell, machine);
    ASSERT_TRUE(cell.ceiling.has_value()) << memory;
    EXPECT_DOUBLE_EQ(*cell.efficiency, 0.1);
    EXPECT_EQ(cell.verdict, result::Verdict::not_judged);
    EXPECT_THAT(cell.verdict_reason, HasSubstr("need not reach"));
  }
  // With the GPU they should.
  rename(cell, "pool/together/read/gpu0+host0/threads:4/bytes:268435456");
  judge(cell, machine);
  EXPECT_EQ(cell.verdict, result::Verdict::low);
  rename(cell, "pool/cpu/copy/host0/threads:4/bytes:268435456");
  machine.machine_class = machine::Class::single_gpu;
  machine.pools[0].ceiling.reset();
  judge(cell, machine);
  EXPECT_EQ(cell.verdict, result::Verdict::no_ceiling);
}

TEST(Ceiling, OnOneChipNothingLiesBetweenHostAndCard) {
  machine::Machine machine = superchip();
  machine.machine_class = machine::Class::unified_pool;
  machine.gpus[0].integrated = {Tri::yes, "1"};
  result::Cell cell = host_cell("h2d", 100);
  judge(cell, machine);
  EXPECT_FALSE(cell.ceiling.has_value());
  EXPECT_THAT(cell.verdict_reason, HasSubstr("within the pool"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
