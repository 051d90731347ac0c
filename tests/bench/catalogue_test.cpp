#include <gmock/gmock.h>

#include <algorithm>

#include "bench/spec.hpp"

namespace peerbench::bench {
namespace {

using ::testing::ElementsAre;

machine::Machine with_gpus(int count) {
  machine::Machine machine;
  for (int i = 0; i < count; ++i) {
    machine::Gpu gpu;
    gpu.ordinal = i;
    gpu.free_bytes = 24 * GiB;
    gpu.l2_bytes = 6 * MiB;
    machine.gpus.push_back(gpu);
  }
  return machine;
}

std::vector<std::string> names(const std::vector<Spec>& specs) {
  std::vector<std::string> all;
  for (const Spec& spec : specs) all.push_back(spec.cell.name);
  return all;
}

TEST(PeerSpecs, EveryOrderedPairOneWayAndEveryPairBothWays) {
  EXPECT_THAT(names(peer_specs(with_gpus(2), {})),
              ElementsAre("peer/ce/push/uni/gpu0-gpu1/bytes:268435456",
                          "peer/ce/push/uni/gpu1-gpu0/bytes:268435456",
                          "peer/ce/pull/uni/gpu0-gpu1/bytes:268435456",
                          "peer/ce/pull/uni/gpu1-gpu0/bytes:268435456",
                          "peer/ce/staged/uni/gpu0-gpu1/bytes:268435456",
                          "peer/ce/staged/uni/gpu1-gpu0/bytes:268435456",
                          "peer/ce/push/bi/gpu0-gpu1/bytes:268435456",
                          "peer/ce/staged/bi/gpu0-gpu1/bytes:268435456"));
  EXPECT_EQ(peer_specs(with_gpus(4), {}).size(), 3u * 12 + 2u * 6);
  EXPECT_TRUE(peer_specs(with_gpus(1), {}).empty());
}

TEST(PeerSpecs, CellsThatNeedPeerAccessKnowWhoRefusesIt) {
  machine::Machine machine = with_gpus(2);
  machine::PeerLink link;
  link.from = 0;
  link.to = 1;
  link.allowed.read = {Tri::no, "GNS"};
  machine.links.push_back(link);
  for (const Spec& spec : peer_specs(machine, {})) {
    const bool refused = spec.cell.peer_access.value_or(false) && spec.cell.src == "gpu0";
    EXPECT_EQ(spec.why_refused.starts_with("GNS, the driver"), refused) << spec.cell.name;
  }
}

TEST(PeerSpecs, NameSaysTheWayOfTheDataAndWhoIssues) {
  for (const Spec& spec : peer_specs(with_gpus(2), {})) {
    const measure::Transfer& first = spec.plan.transfers.front();
    EXPECT_EQ(spec.cell.src, measure::name(first.source));
    EXPECT_EQ(spec.cell.dst, measure::name(first.destination));
    EXPECT_EQ(spec.plan.peer_access, spec.cell.kind != "staged");
    EXPECT_EQ(first.issuer, spec.cell.kind == "pull" ? first.destination : first.source);
    if (spec.cell.direction == "uni") {
      EXPECT_EQ(spec.plan.transfers.size(), 1u);
      EXPECT_EQ(spec.cell.issuer, measure::name(first.issuer));
    } else {
      ASSERT_EQ(spec.plan.transfers.size(), 2u);
      EXPECT_EQ(spec.plan.transfers[1].source, first.destination);
      EXPECT_EQ(spec.plan.transfers[1].destination, first.source);
    }
  }
}

TEST(PeerSpecs, ASelectionLeavesTheOthersOut) {
  result::Settings settings;
  settings.pairs = {{2, 1}};
  for (const Spec& spec : peer_specs(with_gpus(4), settings)) {
    EXPECT_THAT(spec.cell.name, ::testing::ContainsRegex("gpu1-gpu2|gpu2-gpu1"));
  }
  EXPECT_EQ(peer_specs(with_gpus(4), settings).size(), 8u);
  settings = {};
  settings.gpus = {0, 3};
  EXPECT_EQ(peer_specs(with_gpus(4), settings).size(), 8u);
  settings.gpus = {0};
  EXPECT_TRUE(peer_specs(with_gpus(4), settings).empty());
  EXPECT_EQ(gpu_pool_specs(with_gpus(4), settings).size(), 1u);
}

TEST(PeerSpecs, SizesAreTakenAsGiven) {
  result::Settings settings;
  settings.sizes = {4 * KiB, MiB};
  settings.pairs = {{0, 1}};
  const auto all = names(peer_specs(with_gpus(2), settings));
  EXPECT_EQ(all.size(), 16u);
  EXPECT_EQ(all.front(), "peer/ce/push/uni/gpu0-gpu1/bytes:4096");
}

TEST(CopyBytes, ArePastTheCachesAndWithinTheMemory) {
  machine::Gpu gpu;
  gpu.free_bytes = 24 * GiB;
  gpu.l2_bytes = 6 * MiB;
  EXPECT_EQ(peer_copy_bytes(gpu, gpu), 256 * MiB);
  EXPECT_EQ(pool_copy_bytes(gpu), 512 * MiB);
  machine::Gpu large_cache = gpu;
  large_cache.l2_bytes = 72 * MiB;  // 4 x 72 = 288, in steps of 64
  EXPECT_EQ(peer_copy_bytes(gpu, large_cache), 320 * MiB);
  EXPECT_EQ(peer_copy_bytes(large_cache, gpu), 320 * MiB);
  machine::Gpu nearly_full = gpu;
  nearly_full.free_bytes = 800 * MiB;
  EXPECT_EQ(peer_copy_bytes(gpu, nearly_full), 100 * MiB);
  EXPECT_EQ(pool_copy_bytes(nearly_full), 100 * MiB);
}

TEST(GpuPoolSpecs, CountTraffic) {
  const auto specs = gpu_pool_specs(with_gpus(1), {});
  ASSERT_EQ(specs.size(), 1u);
  EXPECT_EQ(specs[0].cell.name, "pool/ce/copy/gpu0/device/bytes:536870912");
  EXPECT_EQ(specs[0].cell.counts, result::Counts::traffic);
  EXPECT_EQ(specs[0].bytes_weight, 2);
}

}  // namespace
}  // namespace peerbench::bench
