// SPDX-License-Identifier: Apache-2.0
#include "judge/judge.hpp"
#include "../result/sample_cells.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "judge/ceiling.hpp"
#include "judge/peer_link.hpp"
#include "machine/ceilings.hpp"
#include "machine/pcie.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// Two cards with a bridge of four links, of which some are up.
machine::Machine bridged(int up = 4) {
  machine::Machine machine;
  for (const auto& [from, to] : {std::pair{0, 1}, std::pair{1, 0}}) {
    machine::PeerLink link;
    link.from = from;
    link.to = to;
    link.can_access = {Tri::yes, "1"};
    link.nvlink = {tri(up > 0), "4 up"};
    link.links_up = up;
    link.links_present = 4;
    if (up > 0) link.raw_gbs_per_link = 14.0625;
    link.nvlink_version = "3.1";
    link.nvlink_ceiling = machine::nvlink_ceiling(up, link.raw_gbs_per_link, "3.1");
    machine.links.push_back(link);
  }
  return machine;
}

result::Cell peer_cell(double median, const std::string& direction = "uni") {
  result::Cell cell;
  rename(cell, "peer/ce/push/" + direction + "/gpu0-gpu1/bytes:268435456");
  cell.status = result::Status::ok;
  cell.counts = result::Counts::one_way;
  cell.median = median;
  return cell;
}

TEST(Ceiling, IsTheRawRateOfTheLinksThatAreUp) {
  const auto four = ceiling_for(bridged(), peer_cell(50));
  ASSERT_TRUE(four.has_value());
  EXPECT_DOUBLE_EQ(four->value, 56.25);
  EXPECT_THAT(four->source, AllOf(HasSubstr("NVML"), HasSubstr("4 links up x 14.062 GB/s")));
  EXPECT_DOUBLE_EQ(ceiling_for(bridged(3), peer_cell(40))->value, 42.1875);
  EXPECT_THAT(ceiling_for(bridged(1), peer_cell(10))->source, HasSubstr("1 link up"));
}

TEST(Ceiling, BothWaysAreTwice) {
  const auto both = ceiling_for(bridged(), peer_cell(100, "bi"));
  ASSERT_TRUE(both.has_value());
  EXPECT_DOUBLE_EQ(both->value, 112.5);
  EXPECT_THAT(both->source, HasSubstr("x 2 ways"));
}

TEST(Ceiling, NoneWithoutPeerAccessOrLinkOrRate) {
  result::Cell staged = peer_cell(11);
  rekey(staged, [](auto& key) { key.kind = result::Kind::staged; });
  EXPECT_FALSE(ceiling_for(bridged(), staged).has_value());

  result::Cell pool = peer_cell(800);
  rekey(pool, [](auto& key) { key.family = result::Family::pool; });
  EXPECT_FALSE(ceiling_for(bridged(), pool).has_value());

  result::Cell traffic = peer_cell(50);
  traffic.counts = result::Counts::traffic;
  EXPECT_FALSE(ceiling_for(bridged(), traffic).has_value());

  EXPECT_FALSE(ceiling_for(bridged(0), peer_cell(20)).has_value());
  machine::Machine silent = bridged();
  for (auto& link : silent.links) link.nvlink_ceiling.reset();
  EXPECT_FALSE(ceiling_for(silent, peer_cell(50)).has_value());

  result::Cell elsewhere = peer_cell(50);
  rename(elsewhere, "peer/ce/push/uni/gpu0-gpu7/bytes:268435456");
  EXPECT_FALSE(ceiling_for(bridged(), elsewhere).has_value());
}

TEST(Ceiling, IsThatOfTheCellsOwnDirection) {
  machine::Machine uneven = bridged();
  uneven.links[1].nvlink_ceiling = machine::nvlink_ceiling(2, 14.0625, "3.1");
  result::Cell back = peer_cell(20);
  rename(back, "peer/ce/push/uni/gpu1-gpu0/bytes:268435456");
  EXPECT_DOUBLE_EQ(ceiling_for(uneven, back)->value, 28.125);
}

/// The same two cards without a bridge, in slots of generation 4.
machine::Machine over_pcie() {
  machine::Machine machine = bridged(0);
  for (auto& link : machine.links) {
    link.links_present = 0;
    link.pcie_ceiling = machine::pcie_ceiling({4, 16});
  }
  return machine;
}

machine::Machine with_memory() {
  machine::Machine machine;
  machine::Pool pool;
  pool.id = "gpu0";
  pool.ceiling = machine::Ceiling{936, "9750 MHz x 2 x 384 bits / 8", "CUDA's attributes", {}, ""};
  machine.pools.push_back(pool);
  return machine;
}

result::Cell local_copy(double median) {
  result::Cell cell = peer_cell(median);
  rename(cell, "pool/ce/copy/gpu0/device/bytes:268435456");
  cell.counts = result::Counts::traffic;
  return cell;
}

TEST(Ceiling, PeersWithoutNvlinkAreHeldAgainstTheirPcieWay) {
  const auto ceiling = ceiling_for(over_pcie(), peer_cell(26));
  ASSERT_TRUE(ceiling.has_value());
  EXPECT_NEAR(ceiling->value, 31.508, 0.001);
  EXPECT_THAT(ceiling->source, HasSubstr("PCIe 4.0 x16"));
  // What joins them is not known: the figure may be an NVLink's.
  machine::Machine unsure = over_pcie();
  for (auto& link : unsure.links) link.nvlink = {Tri::unknown, "no NVML"};
  EXPECT_FALSE(ceiling_for(unsure, peer_cell(26)).has_value());
}

TEST(Ceiling, CopiesWithinACardAreHeldAgainstItsMemory) {
  EXPECT_DOUBLE_EQ(ceiling_for(with_memory(), local_copy(830))->value, 936);
  result::Cell host = local_copy(100);
  rename(host, "pool/cpu/copy/host0/threads:4/bytes:268435456");
  EXPECT_FALSE(ceiling_for(with_memory(), host).has_value());
}

TEST(Judge, EachKindHasItsOwnShare) {
  result::Cell cell = peer_cell(0.56 * 31.508);
  judge(cell, over_pcie());
  EXPECT_EQ(cell.verdict, result::Verdict::good) << cell.verdict_reason;
  cell = peer_cell(0.54 * 31.508);
  judge(cell, over_pcie());
  EXPECT_EQ(cell.verdict, result::Verdict::low);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("replays"));
  // The driver's own copies within a GPU reach less than kernels do.
  for (const auto& [engine, share] :
       {std::pair{result::Engine::ce, 0.40}, std::pair{result::Engine::sm, 0.70}}) {
    cell = local_copy((share + 0.01) * 936);
    rekey(cell, [&](auto& key) { key.engine = engine; });
    judge(cell, with_memory());
    EXPECT_EQ(cell.verdict, result::Verdict::good) << to_string(engine);
    EXPECT_THAT(cell.verdict_reason, HasSubstr("healthy GPUs"));
    *cell.median = (share - 0.01) * 936;
    judge(cell, with_memory());
    EXPECT_EQ(cell.verdict, result::Verdict::low) << to_string(engine);
  }
}

TEST(Judge, MoreThanACeilingAllowsSaysThatTheCeilingIsWrong) {
  result::Cell cell = peer_cell(1.04 * 56.25);
  judge(cell, bridged());
  EXPECT_EQ(cell.verdict, result::Verdict::good);
  cell = peer_cell(1.75 * 56.25);
  judge(cell, bridged());
  EXPECT_EQ(cell.verdict, result::Verdict::no_ceiling);
  EXPECT_FALSE(cell.efficiency.has_value() || cell.ceiling.has_value());
  EXPECT_THAT(cell.verdict_reason, AllOf(HasSubstr("175 % of 56.25 GB/s (NVLink 3.1"),
                                         HasSubstr("that ceiling is wrong here")));
  cell = local_copy(2000);
  judge(cell, with_memory());
  EXPECT_EQ(cell.verdict, result::Verdict::no_ceiling);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("a cache answered"));
}

// CUDA holds GeForce GPUs in P2.
TEST(Judge, AMemoryBelowItsHighestClockIsNamedBesideItsCeiling) {
  machine::Machine machine = with_memory();
  machine.gpus.resize(1);
  machine.gpus[0].integrated = {Tri::no, "0"};
  machine.gpus[0].memory_clock = machine::MemoryClock{9501, 9751};
  result::Cell cell = local_copy(830);
  judge(cell, machine);
  EXPECT_THAT(cell.verdict_reason,
              HasSubstr("of 936.00 GB/s; its memory ran at 9501 of 9751 MHz, which gives at most "
                        "912.0 GB/s;"));
  machine.gpus[0].memory_clock->mhz = 9751;
  judge(cell, machine);
  EXPECT_THAT(cell.verdict_reason, ::testing::Not(HasSubstr("MHz, which")));
}

TEST(Judge, GoodFromItsShareOn) {
  result::Cell cell = peer_cell(39.375);  // exactly 0.70 of 56.25
  judge(cell, bridged());
  EXPECT_EQ(cell.verdict, result::Verdict::good);
  EXPECT_DOUBLE_EQ(cell.efficiency.value(), 0.70);
  EXPECT_DOUBLE_EQ(cell.ceiling->value, 56.25);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("70 % of 56.25 GB/s"));
}

// 30 us at 56.25 GB/s are 1.69 MB. A share that is good is good whatever the size.
TEST(Judge, CopiesTooSmallForTheirRateAreNotCalledLow) {
  const auto judged = [](Bytes bytes, double rate, const char* direction) {
    result::Cell cell = peer_cell(rate);
    rename(cell, fmt::format("peer/ce/push/{}/gpu0-gpu1/bytes:{}", direction, bytes));
    judge(cell, bridged());
    return cell;
  };
  EXPECT_EQ(judged(2 * MiB, 39, "uni").verdict, result::Verdict::low);
  const result::Cell small = judged(MiB, 39, "uni");
  EXPECT_EQ(small.verdict, result::Verdict::not_judged);
  EXPECT_THAT(small.verdict_reason, HasSubstr("at 1 MiB: too small to judge, since it would take "
                                              "19 us"));
  EXPECT_THAT(small.verdict_reason, HasSubstr("larger --sizes"));
  EXPECT_NEAR(small.efficiency.value(), 39 / 56.25, 1e-9);
  EXPECT_EQ(judged(MiB, 50, "uni").verdict, result::Verdict::good);
  EXPECT_EQ(judged(4 * KiB, 0.5, "bi").verdict, result::Verdict::not_judged);
  EXPECT_EQ(judged(2 * MiB, 66, "bi").verdict, result::Verdict::low);
}

TEST(Judge, ARateThatStillRoseIsNotCalledLow) {
  result::Cell cell = peer_cell(39.3);
  cell.settled = false;
  cell.samples = {37, 38, 38.6, 39.2, 39.4, 39.8, 40.2, 40.5};
  judge(cell, bridged());
  EXPECT_EQ(cell.verdict, result::Verdict::not_judged);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("a larger --budget is judged"));
  cell.median = 45;  // and would only rise
  judge(cell, bridged());
  EXPECT_EQ(cell.verdict, result::Verdict::good);
}

TEST(Judge, ARateThatFallsOrWaversIsLowThoughItHadNotSettled) {
  result::Cell cell = peer_cell(39.3);
  cell.settled = false;
  for (const std::vector<double>& samples :
       {std::vector<double>{41, 40, 39.4, 39.2, 38, 37}, {38, 41, 37, 40, 41, 38}, {39.3}}) {
    cell.samples = samples;
    judge(cell, bridged());
    EXPECT_EQ(cell.verdict, result::Verdict::low) << samples.size();
  }
}

TEST(Judge, LowSaysWhatToDo) {
  result::Cell cell = peer_cell(39.3);
  judge(cell, bridged());
  EXPECT_EQ(cell.verdict, result::Verdict::low);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("nvidia-smi"));

  // Links that are down lower the ceiling, so the rate may be good; when it is not, they are named.
  cell = peer_cell(20);
  judge(cell, bridged(3));
  EXPECT_EQ(cell.verdict, result::Verdict::low);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("only 3 of 4 NVLinks are up"));
}

TEST(Judge, WithoutACeilingThereIsNoVerdictButAReason) {
  result::Cell staged = peer_cell(11);
  rekey(staged, [](auto& key) { key.kind = result::Kind::staged; });
  judge(staged, bridged());
  EXPECT_EQ(staged.verdict, result::Verdict::no_ceiling);
  EXPECT_FALSE(staged.efficiency.has_value());
  EXPECT_THAT(staged.verdict_reason, HasSubstr("staged"));

  machine::Machine unknown = bridged();
  unknown.links[0].nvlink = {Tri::unknown, "no NVML"};
  result::Cell cell = peer_cell(50);
  judge(cell, unknown);
  EXPECT_EQ(cell.verdict, result::Verdict::no_ceiling);
  EXPECT_THAT(cell.verdict_reason, AllOf(HasSubstr("not confirmed"), HasSubstr("no NVML")));

  cell = peer_cell(20);
  judge(cell, bridged(0));
  EXPECT_THAT(cell.verdict_reason, HasSubstr("PCIe"));
}

TEST(Judge, WhatWasNotMeasuredIsNotJudged) {
  result::Cell cell = peer_cell(50);
  judge(cell, bridged());
  ASSERT_TRUE(cell.ceiling.has_value());
  cell.status = result::Status::corrupt;
  judge(cell, bridged());
  EXPECT_FALSE(cell.ceiling.has_value());
  EXPECT_FALSE(cell.efficiency.has_value());
  EXPECT_EQ(cell.verdict, result::Verdict::no_ceiling);

  cell = peer_cell(50);
  cell.median.reset();
  judge(cell, bridged());
  EXPECT_THAT(cell.verdict_reason, HasSubstr("nothing was measured"));
}

TEST(Judge, PinnedCopiesWithTheHostAreHeldAgainstThePcieLink) {
  machine::Machine machine;
  machine::Gpu card;
  card.ordinal = 1;
  card.pcie.ceiling.emplace();
  card.pcie.ceiling->gbs = 32;
  machine.gpus.push_back(card);
  result::Cell cell = peer_cell(25);
  rename(cell, "host/ce/d2h/uni/gpu1-host0/pinned/bytes:268435456");
  judge(cell, machine);
  EXPECT_EQ(cell.verdict, result::Verdict::good) << cell.verdict_reason;
  EXPECT_DOUBLE_EQ(cell.ceiling->value, 32);
  rename(cell, "host/ce/both/bi/host0-gpu1/pinned/bytes:268435456");
  judge(cell, machine);
  EXPECT_DOUBLE_EQ(cell.ceiling->value, 64);
  EXPECT_EQ(cell.verdict, result::Verdict::low);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("under load"));

  rekey(cell, [](auto& key) { key.memory = result::MemoryKind::pageable; });
  judge(cell, machine);
  EXPECT_EQ(cell.verdict, result::Verdict::no_ceiling);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("buffers of its own"));
  rekey(cell, [](auto& key) { key.memory = result::MemoryKind::pinned; });
  machine.gpus[0].pcie.ceiling.reset();
  judge(cell, machine);
  EXPECT_EQ(cell.verdict, result::Verdict::no_ceiling);
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
