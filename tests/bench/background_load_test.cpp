// SPDX-License-Identifier: Apache-2.0
// Which cells of CPU and GPU at the same time exist on which machine, and what they ask for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/spec.hpp"
#include "cards.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using machine::Class;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

machine::Pool host(int node, const std::string& cpus, int cores) {
  machine::Pool pool;
  pool.id = "host" + std::to_string(node);
  pool.numa_node = node;
  pool.cores = cores;
  pool.cpus = cpus;
  pool.largest_cache_bytes = 24 * MiB;
  pool.total_bytes = 128 * GiB;
  pool.available_bytes = 120 * GiB;
  return pool;
}

/// `count` GPUs, the nth beside NUMA node n.
machine::Machine machine_of(Class machine_class, int count, Tri integrated, Tri host_page_tables) {
  machine::Machine machine;
  machine.machine_class = machine_class;
  for (int i = 0; i < count; ++i) {
    machine::Gpu gpu;
    gpu.ordinal = i;
    gpu.numa_node = i;
    gpu.l2_bytes = 24 * MiB;
    gpu.free_bytes = 90 * GiB;
    gpu.integrated = {integrated, ""};
    gpu.host_page_tables = {host_page_tables, ""};
    gpu.managed = gpu.concurrent_managed = gpu.pageable_access = {Tri::yes, "1"};
    machine.gpus.push_back(gpu);
  }
  return machine;
}

machine::Machine spark() {
  machine::Machine machine = machine_of(Class::unified_pool, 1, Tri::yes, Tri::yes);
  machine.pools = {host(0, "0-19", 20)};
  machine.pools[0].groups = {{"little", true, 10, "0-4,10-14", "Cortex-A725"},
                             {"big", true, 10, "5-9,15-19", "Cortex-X925"},
                             {"cluster0", false, 10, "0-9", ""}};
  return machine;
}

machine::Machine superchips(int count) {
  machine::Machine machine = machine_of(Class::coherent_superchip, count, Tri::no, Tri::yes);
  machine.pools = {host(0, "0-71", 72)};
  if (count > 1) machine.pools.push_back(host(1, "72-143", 72));
  return machine;
}

std::vector<std::string> ways(const std::vector<Spec>& specs) {
  std::vector<std::string> all;
  for (const Spec& spec : specs) all.push_back(result::without_size(spec.cell.name));
  return all;
}

TEST(TogetherSpecs, OfOneChipTheCurveAndTheLatency) {
  const auto specs = quick(background_load_specs(spark(), {}));
  EXPECT_THAT(ways(specs), ElementsAre("pool/together/read/gpu0+host0/cores:one/threads:1",
                                       "pool/together/read/gpu0+host0/cores:big/threads:10",
                                       "pool/together/read/gpu0+host0/threads:20",
                                       "latency/cpu/chase/host0/beside:gpu0"));
  EXPECT_EQ(specs[0].host_loop()->cpus, "5") << "a big one";
  EXPECT_EQ(specs[1].host_loop()->cpus, "5-9,15-19");
  EXPECT_EQ(specs[2].host_loop()->cpus, "");
  EXPECT_EQ(specs[3].host_chase()->cpus, "5");
  for (const Spec& spec : specs) {
    ASSERT_TRUE(spec.background_load() != nullptr) << spec.cell.name;
    EXPECT_EQ(spec.background_load()->op, measure::Op::read);
    EXPECT_EQ(spec.background_load()->memory, MemoryKind::device);
    EXPECT_FALSE(spec.on_cpu()) << "a GPU works as well";
  }
  EXPECT_EQ(specs[0].cell.kind, "together");
  EXPECT_EQ(specs[0].cell.key.background, (result::BackgroundLoad{0, {}}));
  EXPECT_EQ(specs[0].cell.counts, result::Counts::traffic);
  EXPECT_EQ(specs[3].cell.key.background, (result::BackgroundLoad{0, {}}));
  EXPECT_EQ(ways(background_load_specs(spark(), {})), ways(specs)) << "there are no others";
}

TEST(TogetherSpecs, OnASuperchipTheNameSaysWhoseMemoryTheGpuReads) {
  const auto specs = quick(background_load_specs(superchips(1), {}));
  std::vector<std::string> expected;
  for (const std::string memory : {"device", "pinned"}) {
    const std::string head = "pool/together/read/gpu0+host0/gpu-on:" + memory;
    for (const char* tail : {"/cores:one/threads:1", "/cores:quarter/threads:18",
                             "/cores:half/threads:36", "/threads:72"}) {
      expected.push_back(head + tail);
    }
    expected.push_back("latency/cpu/chase/host0/beside:gpu0/gpu-on:" + memory);
  }
  EXPECT_EQ(ways(specs), expected);
  EXPECT_EQ(specs[1].host_loop()->cpus, "0-17");
  EXPECT_EQ(specs[2].host_loop()->cpus, "0-35");
  EXPECT_EQ(specs[0].background_load()->memory, MemoryKind::device);
  EXPECT_EQ(specs[5].background_load()->memory, MemoryKind::pinned);
  EXPECT_EQ(specs[5].cell.key.background->memory, MemoryKind::pinned);
  EXPECT_EQ(specs[9].cell.key.background->memory, MemoryKind::pinned);
}

TEST(TogetherSpecs, EachGpuWithTheCpuBesideIt) {
  const auto specs = quick(background_load_specs(superchips(2), {}));
  EXPECT_THAT(ways(specs), Contains("pool/together/read/gpu1+host1/gpu-on:pinned/threads:72"));
  EXPECT_THAT(ways(specs), Each(testing::Not(HasSubstr("gpu0+host1"))));
  for (const Spec& spec : specs) {
    const int gpu = spec.background_load()->issuer.index;
    EXPECT_EQ(spec.background_load()->host_node, gpu) << "pinned memory of the same node";
    EXPECT_EQ(spec.host_loop() != nullptr ? spec.host_loop()->pool.numa_node
                                          : spec.host_chase()->pool.numa_node,
              gpu);
  }
  result::Settings second;
  second.gpus = {1};
  EXPECT_THAT(ways(quick(background_load_specs(superchips(2), second))),
              Each(testing::AnyOf(HasSubstr("gpu1+host1"), HasSubstr("beside:gpu1"))));
}

TEST(TogetherSpecs, BesideACardAreOfTheFullTier) {
  machine::Machine card = machine_of(Class::single_gpu, 1, Tri::no, Tri::no);
  card.pools = {host(0, "0-3", 4)};
  EXPECT_THAT(quick(background_load_specs(card, {})), IsEmpty());
  EXPECT_THAT(ways(background_load_specs(card, {})),
              ElementsAre("pool/together/read/gpu0+host0/gpu-on:device/cores:one/threads:1",
                          "pool/together/read/gpu0+host0/gpu-on:device/threads:4",
                          "latency/cpu/chase/host0/beside:gpu0/gpu-on:device",
                          "pool/together/read/gpu0+host0/gpu-on:pinned/cores:one/threads:1",
                          "pool/together/read/gpu0+host0/gpu-on:pinned/threads:4",
                          "latency/cpu/chase/host0/beside:gpu0/gpu-on:pinned"));
}

TEST(TogetherSpecs, NeedBothACpuAndAGpu) {
  machine::Machine machine = spark();
  machine.pools[0].cores = 0;
  EXPECT_THAT(quick(background_load_specs(machine, {})), IsEmpty());
  machine = spark();
  machine.gpus.clear();
  EXPECT_THAT(quick(background_load_specs(machine, {})), IsEmpty());
}

// All arrays together at most a quarter of what is available.
TEST(TogetherSpecs, BothSidesShareTheMemoryThatMayBeTaken) {
  machine::Machine machine = spark();
  EXPECT_EQ(quick(background_load_specs(machine, {}))[2].cell.bytes, GiB);
  machine.pools[0].total_bytes = 8 * GiB;
  machine.pools[0].available_bytes = 4 * GiB;
  const auto specs = quick(background_load_specs(machine, {}));
  EXPECT_LE(*specs[2].cell.bytes + specs[2].background_load()->bytes, GiB);
  machine.pools[0].available_bytes =
      600 * MiB;  // a quarter does not hold twice four times the caches
  for (const Spec& spec : quick(background_load_specs(machine, {}))) {
    EXPECT_THAT(spec.why_not, HasSubstr("a quarter")) << spec.cell.name;
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
