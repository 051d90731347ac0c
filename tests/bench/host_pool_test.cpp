#include <gmock/gmock.h>

#include "bench/spec.hpp"

namespace peerbench::bench {
namespace {

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

std::vector<std::string> names(const std::vector<Spec>& specs) {
  std::vector<std::string> all;
  for (const Spec& spec : specs) all.push_back(spec.cell.name);
  return all;
}

TEST(HostPoolSpecs, AllCoresThenOneAlone) {
  const auto specs = host_pool_specs(with_host(20), {});
  EXPECT_THAT(names(specs),
              ElementsAre("pool/cpu/read/host0/threads:20/bytes:1073741824",
                          "pool/cpu/write/host0/threads:20/bytes:1073741824",
                          "pool/cpu/copy/host0/threads:20/bytes:536870912",
                          "pool/cpu/triad/host0/threads:20/bytes:358612992",
                          "pool/cpu/read/host0/cores:one/threads:1/bytes:1073741824",
                          "pool/cpu/triad/host0/cores:one/threads:1/bytes:358612992"));
  EXPECT_EQ(specs[0].host->cpus, "");
  EXPECT_EQ(specs[4].host->cpus, "0");
  EXPECT_EQ(host_pool_specs(with_host(1), {}).size(), 4u);
}

TEST(HostPoolSpecs, KindsOfCoreAndClustersAreApart) {
  const auto specs = host_pool_specs(spark(), {});
  ASSERT_EQ(specs.size(), 4u + 2 * 5);
  EXPECT_EQ(specs[4].cell.name, "pool/cpu/read/host0/cores:one-little/threads:1/bytes:1073741824");
  EXPECT_EQ(specs[4].host->cpus, "0");
  EXPECT_EQ(specs[6].cell.cores, "one-big");
  EXPECT_EQ(specs[6].host->cpus, "5");
  EXPECT_EQ(specs[10].cell.name, "pool/cpu/read/host0/cores:big/threads:10/bytes:1073741824");
  EXPECT_EQ(specs[10].host->cpus, "5-9,15-19");
  EXPECT_EQ(specs[12].cell.cores, "cluster0");
  EXPECT_EQ(specs[12].cell.threads, 10);
}

TEST(HostPoolSpecs, AllOperationsOfPartsOnlyWhenAskedFor) {
  result::Settings asked;
  asked.filter = "cores";
  EXPECT_EQ(host_pool_specs(spark(), asked).size(), 4u * 6);
  machine::Machine cards = spark();
  cards.machine_class = machine::Class::discrete_pcie;
  cards.gpus.resize(2);
  EXPECT_EQ(host_pool_specs(cards, {}).size(), 4u);
  EXPECT_EQ(host_pool_specs(cards, asked).size(), 4u * 6);
}

TEST(HostPoolSpecs, ACardsPoolIsNotTheHosts) {
  machine::Machine machine = with_host(20);
  machine.pools[0].cores = 0;
  machine.pools[0].cpus = "";
  EXPECT_TRUE(host_pool_specs(machine, {}).empty());
  EXPECT_TRUE(host_chain_specs(machine, {}).empty());
}

TEST(HostChainSpecs, TheBiggestCoreLoadsAndOthersWhenAskedFor) {
  const auto specs = host_chain_specs(spark(), {});
  EXPECT_THAT(names(specs), ElementsAre("latency/cpu/chase/host0/bytes:268435456"));
  EXPECT_EQ(specs[0].chain->cpus, "5");
  EXPECT_EQ(specs[0].cell.cores, "one-big");
  EXPECT_EQ(specs[0].cell.unit, "ns");
  result::Settings asked;
  asked.filter = "chase";
  EXPECT_THAT(names(host_chain_specs(spark(), asked)),
              ElementsAre("latency/cpu/chase/host0/bytes:268435456",
                          "latency/cpu/chase/host0/cores:one-little/bytes:268435456",
                          "latency/cpu/chase/host0/cores:one-big/bytes:268435456"));
  EXPECT_EQ(host_chain_specs(with_host(20), asked).size(), 1u);
}

}  // namespace
}  // namespace peerbench::bench
