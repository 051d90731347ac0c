// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "cards.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using ::testing::ElementsAre;

machine::Machine with_host(int cores) {
  machine::Machine machine;
  machine.machine_class = machine::Class::no_gpu;
  machine::Pool pool;
  pool.id = "host0";
  pool.numa_node = 0;
  pool.cores = cores;
  pool.cpus = "0-19";
  pool.total_bytes = 128 * GiB;
  pool.available_bytes = 120 * GiB;
  pool.largest_cache_bytes = 24 * MiB;
  machine.pools.push_back(pool);
  return machine;
}

machine::Machine spark() {
  machine::Machine machine = with_host(20);
  machine.pools[0].groups = {{"little", true, 10, "0-4,10-14", "Cortex-A725"},
                             {"big", true, 10, "5-9,15-19", "Cortex-X925"},
                             {"cluster0", false, 10, "0-9", ""}};
  return machine;
}

TEST(HostPoolSpecs, AllCoresThenOneAlone) {
  const auto specs = quick(host_pool_specs(with_host(20), {}));
  EXPECT_THAT(names(specs),
              ElementsAre("pool/cpu/read/host0/threads:20/bytes:1073741824",
                          "pool/cpu/write/host0/threads:20/bytes:1073741824",
                          "pool/cpu/copy/host0/threads:20/bytes:536870912",
                          "pool/cpu/triad/host0/threads:20/bytes:358612992",
                          "pool/cpu/read/host0/cores:one/threads:1/bytes:1073741824",
                          "pool/cpu/triad/host0/cores:one/threads:1/bytes:358612992"));
  EXPECT_EQ(specs[0].host_loop()->cpus, "");
  EXPECT_EQ(specs[4].host_loop()->cpus, "0");
  EXPECT_EQ(quick(host_pool_specs(with_host(1), {})).size(), 4u);
}

TEST(HostPoolSpecs, KindsOfCoreAndClustersAreApart) {
  const auto specs = quick(host_pool_specs(spark(), {}));
  ASSERT_EQ(specs.size(), 4u + 2 * 5);
  EXPECT_EQ(specs[4].cell.name, "pool/cpu/read/host0/cores:one-little/threads:1/bytes:1073741824");
  EXPECT_EQ(specs[4].host_loop()->cpus, "0");
  EXPECT_EQ(specs[6].cell.cores, "one-big");
  EXPECT_EQ(specs[6].host_loop()->cpus, "5");
  EXPECT_EQ(specs[10].cell.name, "pool/cpu/read/host0/cores:big/threads:10/bytes:1073741824");
  EXPECT_EQ(specs[10].host_loop()->cpus, "5-9,15-19");
  EXPECT_EQ(specs[12].cell.cores, "cluster0");
  EXPECT_EQ(specs[12].cell.threads, 10);
}

TEST(HostPoolSpecs, AllOperationsOfPartsAreOfTheFullTier) {
  EXPECT_EQ(host_pool_specs(spark(), {}).size(), 4u * 6);
  machine::Machine cards = spark();
  cards.machine_class = machine::Class::discrete_pcie;
  cards.gpus.resize(2);
  EXPECT_EQ(quick(host_pool_specs(cards, {})).size(), 4u);
  EXPECT_EQ(host_pool_specs(cards, {}).size(), 4u * 6 + 4 * 2);  // and the driver's memory
}

TEST(HostPoolSpecs, ACardsPoolIsNotTheHosts) {
  machine::Machine machine = with_host(20);
  machine.pools[0].cores = 0;
  machine.pools[0].cpus = "";
  EXPECT_TRUE(quick(host_pool_specs(machine, {})).empty());
  EXPECT_TRUE(quick(host_chase_specs(machine, {})).empty());
}

TEST(HostChainSpecs, TheBiggestCoreLoadsQuickAndOthersInFull) {
  const auto specs = quick(host_chase_specs(spark(), {}));
  EXPECT_THAT(names(specs), ElementsAre("latency/cpu/chase/host0/bytes:268435456"));
  EXPECT_EQ(specs[0].host_chase()->cpus, "5");
  EXPECT_EQ(specs[0].cell.cores, "one-big");
  EXPECT_EQ(specs[0].cell.unit, "ns");
  EXPECT_THAT(names(host_chase_specs(spark(), {})),
              ElementsAre("latency/cpu/chase/host0/bytes:268435456",
                          "latency/cpu/chase/host0/cores:one-little/bytes:268435456",
                          "latency/cpu/chase/host0/cores:one-big/bytes:268435456"));
  EXPECT_EQ(host_chase_specs(with_host(20), {}).size(), 1u);
}

TEST(HostChainSpecs, BesideAGpuTheDriversMemoryToo) {
  machine::Machine machine = spark();
  machine::Gpu gpu;
  gpu.managed = {Tri::no, "0"};
  machine.gpus = {gpu};
  machine.machine_class = machine::Class::unified_pool;
  const auto specs = quick(host_chase_specs(machine, {}));
  EXPECT_THAT(names(specs), ElementsAre("latency/cpu/chase/host0/bytes:268435456",
                                        "latency/cpu/chase/host0/pinned/bytes:268435456",
                                        "latency/cpu/chase/host0/managed/bytes:268435456"));
  EXPECT_EQ(specs[1].host_chase()->driver_memory, MemoryKind::pinned);
  EXPECT_EQ(specs[1].why_not, "");
  EXPECT_NE(specs[2].why_not, "") << "it has none";
}

machine::Machine with_nodes(int nodes) {
  machine::Machine machine = with_host(4);
  machine.pools[0].cpus = "0-3";
  for (int node = 1; node < nodes; ++node) {
    machine::Pool pool = machine.pools[0];
    pool.id = "host" + std::to_string(node);
    pool.numa_node = node;
    pool.cpus = std::to_string(4 * node) + "-" + std::to_string(4 * node + 3);
    machine.pools.push_back(pool);
  }
  return machine;
}

std::vector<std::string> between(const std::vector<Spec>& specs) {
  std::vector<std::string> all;
  for (const Spec& spec : specs) {
    if (spec.cell.issuer != spec.cell.src) all.push_back(spec.cell.name);
  }
  return all;
}

TEST(NumaSpecs, EachNodesCoresOnTheOthersMemory) {
  const machine::Machine two = with_nodes(2);
  EXPECT_THAT(between(quick(host_pool_specs(two, {}))),
              ElementsAre("pool/cpu/read/host0/by:host1/threads:4/bytes:1073741824",
                          "pool/cpu/read/host1/by:host0/threads:4/bytes:1073741824"));
  EXPECT_THAT(between(quick(host_chase_specs(two, {}))),
              ElementsAre("latency/cpu/chase/host0/by:host1/bytes:268435456",
                          "latency/cpu/chase/host1/by:host0/bytes:268435456"));
  for (const Spec& spec : quick(host_pool_specs(two, {}))) {
    if (spec.cell.issuer == spec.cell.src) continue;
    EXPECT_EQ(spec.host_loop()->pool.id, spec.cell.src);  // the memory
    EXPECT_EQ(spec.host_loop()->cpus, spec.cell.issuer == "host1" ? "4-7" : "0-3");
  }
  for (const Spec& spec : quick(host_chase_specs(two, {}))) {
    if (spec.cell.issuer == "host1" && spec.cell.src == "host0") {
      EXPECT_EQ(spec.host_chase()->cpus, "4");
    }
  }
}

TEST(NumaSpecs, AllNodesTogetherEachOnItsOwnMemory) {
  const auto of_all = [](const machine::Machine& machine) {
    std::vector<Spec> all = host_pool_specs(machine, {});
    std::erase_if(all, [](const Spec& spec) { return spec.cell.src != "hosts"; });
    return all;
  };
  const auto specs = quick(of_all(with_nodes(2)));
  EXPECT_THAT(names(specs), ElementsAre("pool/cpu/read/hosts/threads:8/bytes:1073741824",
                                        "pool/cpu/triad/hosts/threads:8/bytes:358612992"));
  EXPECT_EQ(specs[0].host_loop()->pool.numa_node, -1);
  EXPECT_EQ(specs[0].host_loop()->cpus, "");
  EXPECT_EQ(specs[0].host_loop()->pool.available_bytes, 240 * GiB);
  EXPECT_EQ(specs[0].cell.issuer, "hosts");
  EXPECT_EQ(of_all(with_nodes(2)).size(), 4u);
  EXPECT_TRUE(of_all(with_nodes(1)).empty());
  machine::Machine cards = with_nodes(2);
  cards.machine_class = machine::Class::discrete_pcie;
  cards.gpus.resize(2);
  EXPECT_TRUE(quick(of_all(cards)).empty());
}

TEST(HostPoolSpecs, AContainersRoomIsThereOnceForAllNodes) {
  machine::Machine machine = with_nodes(2);
  for (machine::Pool& pool : machine.pools) {
    pool.total_bytes = 4 * GiB;
    pool.available_bytes = 3 * GiB;
    pool.cgroup_limit_bytes = 3 * GiB;
  }
  const auto bytes_of_all = [&] {
    for (const Spec& spec : quick(host_pool_specs(machine, {}))) {
      if (spec.cell.name.starts_with("pool/cpu/read/hosts/")) return *spec.cell.bytes;
    }
    return Bytes{0};
  };
  EXPECT_EQ(bytes_of_all(), 768 * MiB) << "a quarter of what both share";
  for (machine::Pool& pool : machine.pools) pool.cgroup_limit_bytes.reset();
  EXPECT_EQ(bytes_of_all(), GiB) << "each has its own";
}

TEST(NumaSpecs, OfManyNodesAreOfTheFullTier) {
  const machine::Machine four = with_nodes(4);
  EXPECT_TRUE(between(quick(host_pool_specs(four, {}))).empty());
  EXPECT_EQ(between(host_pool_specs(four, {})).size(), 4u * 4 * 3);
  EXPECT_EQ(between(host_chase_specs(four, {})).size(), 4u * 3);
  EXPECT_TRUE(between(host_pool_specs(with_nodes(1), {})).empty());
}

machine::Machine spark_with_gpu() {
  machine::Machine machine = with_host(20);
  machine.machine_class = machine::Class::unified_pool;
  machine.gpus.resize(1);
  machine.gpus[0].numa_node = 0;
  machine.gpus[0].managed = {Tri::yes, "1"};
  return machine;
}

std::vector<std::string> by_driver(const std::vector<Spec>& specs) {
  std::vector<std::string> all;
  for (const Spec& spec : specs) {
    if (spec.host_loop()->driver_memory) all.push_back(spec.cell.name);
  }
  return all;
}

TEST(HostPoolSpecs, TheDriversMemoryWhereThereIsAGpu) {
  EXPECT_THAT(by_driver(quick(host_pool_specs(spark_with_gpu(), {}))),
              ElementsAre("pool/cpu/read/host0/pinned/threads:20/bytes:1073741824",
                          "pool/cpu/read/host0/managed/threads:20/bytes:1073741824"));
  EXPECT_EQ(by_driver(host_pool_specs(spark_with_gpu(), {})).size(), 8u);
  EXPECT_TRUE(by_driver(host_pool_specs(with_host(20), {})).empty());
  result::Settings second;
  second.gpus = {1};
  EXPECT_TRUE(by_driver(host_pool_specs(spark_with_gpu(), second)).empty());
}

TEST(HostPoolSpecs, WithoutManagedMemoryTheReasonIsSaid) {
  machine::Machine machine = spark_with_gpu();
  machine.gpus[0].managed = {Tri::no, "0"};
  for (const Spec& spec : quick(host_pool_specs(machine, {}))) {
    EXPECT_EQ(spec.why_refused,
              spec.cell.memory == "managed" ? "gpu0 has no managed memory (0)" : "")
        << spec.cell.name;
  }
}

TEST(HostPoolSpecs, OnlyThePoolBesideTheCardHasTheDriversMemory) {
  machine::Machine machine = with_nodes(2);
  machine.gpus.resize(1);
  machine.gpus[0].numa_node = 1;
  for (const Spec& spec : host_pool_specs(machine, {})) {
    if (spec.host_loop()->driver_memory) {
      EXPECT_EQ(spec.cell.src, "host1") << spec.cell.name;
    }
  }
  EXPECT_EQ(by_driver(host_pool_specs(machine, {})).size(), 8u);
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
