#include <gmock/gmock.h>

#include "bench/spec.hpp"

namespace peerbench::bench {
namespace {

using ::testing::ElementsAre;

machine::Machine with_gpus(int count) {
  machine::Machine machine;
  for (int i = 0; i < count; ++i) machine.gpus.emplace_back().ordinal = i;
  return machine;
}

std::vector<std::string> names(const std::vector<Spec>& specs) {
  std::vector<std::string> all;
  for (const Spec& spec : specs) all.push_back(spec.cell.name);
  return all;
}

TEST(Latency, OfEveryOrderedPairOfFewCards) {
  EXPECT_THAT(
      names(latency_specs(with_gpus(2), {})),
      ElementsAre("latency/ce/push/gpu0-gpu1/bytes:16", "latency/ce/push/gpu1-gpu0/bytes:16",
                  "latency/ce/staged/gpu0-gpu1/bytes:16", "latency/ce/staged/gpu1-gpu0/bytes:16"));
  EXPECT_EQ(latency_specs(with_gpus(4), {}).size(), 2u * 12);
  EXPECT_TRUE(latency_specs(with_gpus(1), {}).empty());
}

TEST(Latency, OfManyCardsOnlyTheFirstOnesUnlessAskedFor) {
  const auto specs = latency_specs(with_gpus(8), {});
  EXPECT_EQ(specs.size(), 2u * 7);
  for (const Spec& spec : specs) EXPECT_EQ(spec.cell.src, "gpu0");
  result::Settings settings;
  settings.pairs = {{3, 5}};
  EXPECT_THAT(
      names(latency_specs(with_gpus(8), settings)),
      ElementsAre("latency/ce/push/gpu3-gpu5/bytes:16", "latency/ce/push/gpu5-gpu3/bytes:16",
                  "latency/ce/staged/gpu3-gpu5/bytes:16", "latency/ce/staged/gpu5-gpu3/bytes:16"));
}

TEST(Latency, IsADurationAndCountsNothing) {
  for (const Spec& spec : latency_specs(with_gpus(2), {})) {
    EXPECT_EQ(spec.cell.unit, "us");
    EXPECT_EQ(spec.cell.counts, result::Counts::none);
    EXPECT_EQ(spec.plan.peer_access, spec.cell.kind == "push");
    EXPECT_EQ(spec.plan.transfers[0].issuer, spec.plan.transfers[0].source);
    EXPECT_EQ(spec.plan.transfers[0].bytes, 16u);
  }
}

}  // namespace
}  // namespace peerbench::bench
