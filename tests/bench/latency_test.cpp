// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "cards.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using ::testing::ElementsAre;

machine::Machine with_gpus(int count) {
  machine::Machine machine;
  for (int i = 0; i < count; ++i) machine.gpus.emplace_back().ordinal = i;
  return machine;
}

TEST(Latency, OfEveryOrderedPairOfFewCards) {
  EXPECT_THAT(
      names(quick(latency_specs(with_gpus(2), {}))),
      ElementsAre("latency/ce/push/gpu0-gpu1/bytes:16", "latency/ce/push/gpu1-gpu0/bytes:16",
                  "latency/ce/staged/gpu0-gpu1/bytes:16", "latency/ce/staged/gpu1-gpu0/bytes:16",
                  "latency/ce/submission/push/gpu0-gpu1/bytes:16",
                  "latency/ce/submission/push/gpu1-gpu0/bytes:16",
                  "latency/ce/submission/staged/gpu0-gpu1/bytes:16",
                  "latency/ce/submission/staged/gpu1-gpu0/bytes:16",
                  "latency/sm/ping-pong/gpu0-gpu1/bytes:8"));
  EXPECT_EQ(quick(latency_specs(with_gpus(4), {})).size(), 4u * 12 + 6);
  EXPECT_TRUE(quick(latency_specs(with_gpus(1), {})).empty());
}

TEST(Latency, OfManyCardsOnlyTheFirstOnesUnlessAskedFor) {
  const auto specs = quick(latency_specs(with_gpus(8), {}));
  EXPECT_EQ(specs.size(), 4u * 7 + 7);
  for (const Spec& spec : specs) EXPECT_EQ(spec.cell.src, "gpu0");
  result::Settings settings;
  settings.pairs = {{3, 5}};
  EXPECT_THAT(
      names(quick(latency_specs(with_gpus(8), settings))),
      ElementsAre("latency/ce/push/gpu3-gpu5/bytes:16", "latency/ce/push/gpu5-gpu3/bytes:16",
                  "latency/ce/staged/gpu3-gpu5/bytes:16", "latency/ce/staged/gpu5-gpu3/bytes:16",
                  "latency/ce/submission/push/gpu3-gpu5/bytes:16",
                  "latency/ce/submission/push/gpu5-gpu3/bytes:16",
                  "latency/ce/submission/staged/gpu3-gpu5/bytes:16",
                  "latency/ce/submission/staged/gpu5-gpu3/bytes:16",
                  "latency/sm/ping-pong/gpu3-gpu5/bytes:8"));
}

TEST(Latency, IsADurationAndCountsNothing) {
  for (const Spec& spec : quick(latency_specs(with_gpus(2), {}))) {
    EXPECT_EQ(spec.cell.unit, "us");
    EXPECT_EQ(spec.cell.counts, result::Counts::none);
    EXPECT_EQ(spec.plan()->peer_access, spec.cell.kind == "push");
    EXPECT_EQ(spec.plan()->transfers[0].issuer, spec.plan()->transfers[0].source);
    EXPECT_EQ(spec.plan()->submission, spec.cell.op == "submission");
    const bool flags = spec.cell.op == "ping-pong";
    EXPECT_EQ(spec.plan()->transfers[0].bytes, flags ? 8u : 16u);
    EXPECT_EQ(spec.plan()->transfers.size(), flags ? 2u : 1u);
  }
}

TEST(Chase, OfPeersOfTheHostAndOfTheCardsOwnMemory) {
  EXPECT_THAT(names(quick(chase_specs(with_gpus(2), {}))),
              ElementsAre("latency/sm/chase/gpu0-gpu1/bytes:1048576",
                          "latency/sm/chase/gpu1-gpu0/bytes:1048576",
                          "latency/sm/chase/gpu0/device/bytes:1048576",
                          "latency/sm/chase/host0-gpu0/pinned/bytes:1048576",
                          "latency/sm/chase/gpu1/device/bytes:1048576",
                          "latency/sm/chase/host0-gpu1/pinned/bytes:1048576"));
  EXPECT_EQ(quick(chase_specs(with_gpus(8), {})).size(), 7u + 2);
  machine::Machine card = with_gpus(1);
  card.gpus[0].managed = card.gpus[0].concurrent_managed = {Tri::yes, "1"};
  const auto faults = chase_specs(card, {});
  ASSERT_EQ(faults.size(), 3u);
  EXPECT_EQ(faults[2].tier, Tier::full);
  EXPECT_EQ(faults[2].cell.name, "latency/sm/fault/gpu0/managed/bytes:67108864");
  const measure::Transfer& fault = faults[2].plan()->transfers.at(0);
  EXPECT_TRUE(fault.from_host_each_time);
  EXPECT_EQ(fault.memory, MemoryKind::managed);
  EXPECT_LT(fault.steps * fault.stride, fault.bytes) << "no block twice, and the end is elsewhere";
  for (Signal machine::Gpu::*without :
       {&machine::Gpu::managed, &machine::Gpu::concurrent_managed}) {
    machine::Machine other = card;
    (other.gpus[0].*without).value = Tri::no;
    EXPECT_EQ(chase_specs(other, {}).size(), 2u);
  }
  for (Signal machine::Gpu::*with : {&machine::Gpu::integrated, &machine::Gpu::host_page_tables}) {
    machine::Machine other = card;
    (other.gpus[0].*with).value = Tri::yes;
    EXPECT_EQ(chase_specs(other, {}).size(), 2u) << "nothing faults there";
  }
  for (const Spec& spec : quick(chase_specs(with_gpus(2), {}))) {
    EXPECT_EQ(spec.plan()->transfers[0].issuer, spec.plan()->transfers[0].destination)
        << spec.cell.name;
    EXPECT_EQ(spec.plan()->peer_access, spec.cell.kind == "pull");
    EXPECT_EQ(spec.cell.unit, "us");
  }
}

TEST(Chase, OfOtherSizesAreOfTheFullTier) {
  result::Settings settings;
  settings.gpus = {1};
  settings.sizes = {64, 4 * KiB, MiB};
  EXPECT_THAT(names(quick(chase_specs(with_gpus(2), settings))),
              ElementsAre("latency/sm/chase/gpu1/device/bytes:1048576",
                          "latency/sm/chase/host0-gpu1/pinned/bytes:1048576"));
  EXPECT_THAT(names(chase_specs(with_gpus(2), settings)),
              ElementsAre("latency/sm/chase/gpu1/device/bytes:1048576",
                          "latency/sm/chase/host0-gpu1/pinned/bytes:1048576",
                          "latency/sm/chase/gpu1/device/bytes:4096",
                          "latency/sm/chase/host0-gpu1/pinned/bytes:4096"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
