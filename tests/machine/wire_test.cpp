// SPDX-License-Identifier: Apache-2.0
#include "machine/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::HasSubstr;

constexpr Bytes GB = 1'000'000'000;

/// Three GPUs: NVLink joins 0 and 1 (both ways), none leads to 2.
Machine three_cards() {
  Machine machine;
  for (int i = 0; i < 3; ++i) {
    Gpu gpu;
    gpu.ordinal = i;
    gpu.nvlinks_up = i < 2 ? 4 : 0;
    machine.gpus.push_back(gpu);
  }
  for (int from = 0; from < 3; ++from) {
    for (int to = 0; to < 3; ++to) {
      if (from == to) continue;
      PeerLink link;
      link.from = from;
      link.to = to;
      link.nvlink.value = from < 2 && to < 2 ? Tri::yes : Tri::no;
      machine.links.push_back(link);
    }
  }
  return machine;
}

const std::vector<PeerTraffic> forth = {{0, 1, 10 * GB}};

std::vector<GpuTraffic> counted(Count sent, Count received) {
  return {{0, sent, 0}, {1, 0, received}};
}

TEST(Wire, CountersThatMovedAsCopiedProveNvlink) {
  const Wire found = wire(forth, true, counted(10 * GB, 10 * GB), three_cards());
  EXPECT_EQ(found.name, "nvlink");
  EXPECT_EQ(found.note, "");
  EXPECT_FALSE(found.around);
}

TEST(Wire, HalfIsEnoughAndOneSideIsEnough) {
  EXPECT_EQ(wire(forth, true, counted(5 * GB, 0), three_cards()).name, "nvlink");
  EXPECT_EQ(wire(forth, true, counted({}, 5 * GB), three_cards()).name, "nvlink");
  EXPECT_EQ(wire(forth, true, counted(5 * GB - 1, 0), three_cards()).name, "");
}

TEST(Wire, AZeroOnAPairWithNvlinkIsNotPcie) {
  const Wire found = wire(forth, true, counted(0, 0), three_cards());
  EXPECT_EQ(found.name, "");
  EXPECT_THAT(found.note, HasSubstr("cannot be trusted"));
  EXPECT_TRUE(found.stuck);
}

TEST(Wire, AStuckCounterProvesNothingByStandingStillButByMoving) {
  const Wire staged = wire(forth, false, counted(0, 0), three_cards(), true);
  EXPECT_EQ(staged.name, "");
  EXPECT_THAT(staged.note, HasSubstr("stayed at zero"));
  EXPECT_FALSE(wire(forth, false, counted(0, 0), three_cards()).stuck);
  EXPECT_EQ(wire(forth, true, counted(9 * GB, 9 * GB), three_cards(), true).name, "nvlink");
  const std::vector<PeerTraffic> flow = {{0, 2, 10 * GB}};
  EXPECT_EQ(wire(flow, true, {}, three_cards(), true).name, "pcie") << "gpu2 has no NVLink";
}

TEST(Wire, TooLittleAndTooMuchProveNothing) {
  const Wire little = wire(forth, true, counted(GB, GB), three_cards());
  EXPECT_EQ(little.name, "");
  EXPECT_THAT(little.note, HasSubstr("moved by 1 GB while 10 GB were copied"));
  const Wire much = wire(forth, true, counted(21 * GB, 21 * GB), three_cards());
  EXPECT_EQ(much.name, "");
  EXPECT_THAT(much.note, HasSubstr("others use NVLink too"));
}

TEST(Wire, WithoutNvlinkItIsPcieWithPeerAccessAndTheHostWithout) {
  const std::vector<PeerTraffic> flow = {{0, 2, 10 * GB}};
  // gpu2 has no link that is up, so it has no counters to read.
  const auto still = std::vector<GpuTraffic>{{0, 0, 0}};
  EXPECT_EQ(wire(flow, true, still, three_cards()).name, "pcie");
  EXPECT_EQ(wire(flow, false, still, three_cards()).name, "host");
  const std::vector<PeerTraffic> both = {{0, 2, 10 * GB}, {2, 0, 10 * GB}};
  EXPECT_EQ(wire(both, true, still, three_cards()).name, "pcie");
  EXPECT_EQ(wire(both, true, {}, three_cards()).name, "") << "nothing was read";
  Machine none = three_cards();
  for (Gpu& gpu : none.gpus) gpu.nvlinks_up = 0;
  for (PeerLink& link : none.links) link.nvlink.value = Tri::no;
  EXPECT_EQ(wire(forth, true, {}, none).name, "pcie");
  EXPECT_EQ(wire(forth, false, {}, none).name, "host");
}

TEST(Wire, StagedCopiesOnAPairWithNvlink) {
  EXPECT_EQ(wire(forth, false, counted(0, 0), three_cards()).name, "host");
  const Wire around = wire(forth, false, counted(10 * GB, 10 * GB), three_cards());
  EXPECT_EQ(around.name, "nvlink");
  EXPECT_TRUE(around.around);
}

TEST(Wire, OnASuperchipTheWayWithoutNvlinkMayBeC2c) {
  Machine machine = three_cards();
  for (Gpu& gpu : machine.gpus) gpu.nvlinks_up = 0, gpu.c2c_links = 1;
  for (PeerLink& link : machine.links) link.nvlink.value = Tri::no;
  EXPECT_EQ(wire(forth, true, {}, machine).name, "");
}

TEST(Wire, UnknownStaysUnknown) {
  EXPECT_EQ(wire(forth, true, {}, three_cards()).name, "");
  EXPECT_THAT(wire(forth, true, {}, three_cards()).note, HasSubstr("cannot be read"));
  Machine machine = three_cards();
  for (PeerLink& link : machine.links) link.nvlink = {};
  for (Gpu& gpu : machine.gpus) gpu.nvlinks_up.reset();
  EXPECT_EQ(wire(forth, true, {}, machine).name, "");
  EXPECT_EQ(wire(forth, false, {}, machine).name, "");
  EXPECT_EQ(wire(forth, true, counted(0, 0), machine).name, "")
      << "may be a counter that never moves";
  EXPECT_EQ(wire(forth, true, counted(9 * GB, 9 * GB), machine).name, "nvlink");
}

TEST(Wire, LittleCopiedProvesNothing) {
  const std::vector<PeerTraffic> small = {{0, 1, 1000}};
  const Wire found = wire(small, true, counted(0, 0), three_cards());
  EXPECT_EQ(found.name, "");
  EXPECT_EQ(found.note, "");
}

TEST(Wire, PlansOfManyPairsAddUp) {
  const std::vector<PeerTraffic> both = {{0, 1, 10 * GB}, {1, 0, 10 * GB}};
  EXPECT_EQ(wire(both, true, {{0, 10 * GB, 10 * GB}, {1, 10 * GB, 10 * GB}}, three_cards()).name,
            "nvlink");
  const Wire one_way = wire(both, true, {{0, 9 * GB, 0}, {1, 0, 9 * GB}}, three_cards());
  EXPECT_EQ(one_way.name, "");
  const std::vector<PeerTraffic> mixed = {{0, 1, 10 * GB}, {0, 2, 10 * GB}};
  const Wire part = wire(mixed, true, {{0, 10 * GB, 0}, {1, 0, 10 * GB}, {2, 0, 0}}, three_cards());
  EXPECT_EQ(part.name, "nvlink+pcie");
  EXPECT_THAT(part.note, HasSubstr("moved by 10 GB while 20 GB"));
  const Wire more =
      wire(mixed, true, {{0, 19 * GB, 0}, {1, 0, 10 * GB}, {2, 0, 9 * GB}}, three_cards());
  EXPECT_EQ(more.name, "") << "that is not what one pair's NVLink carried";
  const Wire less = wire(mixed, true, {{0, 4 * GB, 0}, {1, 0, 4 * GB}, {2, 0, 0}}, three_cards());
  EXPECT_EQ(less.name, "");
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
