// SPDX-License-Identifier: Apache-2.0
// Groups of cores on made-up topologies; kinds are registered as hwloc finds them on hybrid CPUs.
#include "machine/core_groups.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace peerbench::machine {
namespace TEST_FILE {

using testing::ElementsAre;
using testing::IsEmpty;

class Host {
 public:
  explicit Host(const char* synthetic) {
    hwloc_topology_init(&topology_);
    EXPECT_EQ(hwloc_topology_set_synthetic(topology_, synthetic), 0);
    EXPECT_EQ(hwloc_topology_load(topology_), 0);
  }
  ~Host() { hwloc_topology_destroy(topology_); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// `efficiency` as hwloc takes it: the larger, the faster; -1: not known.
  void add_kind(const char* cpus, int efficiency, const char* model) {
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    ASSERT_EQ(hwloc_bitmap_list_sscanf(set, cpus), 0);
    hwloc_info_s info{const_cast<char*>("CoreType"), const_cast<char*>(model)};
    ASSERT_EQ(hwloc_cpukinds_register(topology_, set, efficiency, 1, &info, 0), 0);
    hwloc_bitmap_free(set);
  }
  hwloc_topology_t get() const { return topology_; }
  std::vector<CoreGroup> groups() const {
    return core_groups(topology_, hwloc_get_root_obj(topology_)->cpuset);
  }
  std::vector<std::string> words() const {
    std::vector<std::string> all;
    for (const CoreGroup& group : groups()) {
      all.push_back(group.name + " " + std::to_string(group.cores) + " on " + group.cpus);
    }
    return all;
  }

 private:
  hwloc_topology_t topology_ = nullptr;
};

TEST(CoreGroups, LittleAndBigCoresAreApartWhereverTheyAre) {
  Host spark("numa:1 l3:1 core:20 pu:1");
  spark.add_kind("5-9,15-19", 1, "Cortex-X925");
  spark.add_kind("0-4,10-14", 0, "Cortex-A725");
  EXPECT_THAT(spark.words(), ElementsAre("little 10 on 0-4,10-14", "big 10 on 5-9,15-19"));
  EXPECT_EQ(spark.groups()[1].description, "Cortex-X925");
  EXPECT_TRUE(spark.groups()[1].kind);
}

TEST(CoreGroups, ThreeKindsHaveAMiddle) {
  Host phone("numa:1 core:8 pu:1");
  phone.add_kind("0-3", 0, "");
  phone.add_kind("4-6", 1, "");
  phone.add_kind("7", 2, "");
  EXPECT_THAT(phone.words(), ElementsAre("little 4 on 0-3", "middle 3 on 4-6", "big 1 on 7"));
}

TEST(CoreGroups, OneKindOrNoRankIsNoGroup) {
  Host alike("numa:1 core:8 pu:1");
  alike.add_kind("0-7", 0, "");
  EXPECT_THAT(alike.words(), IsEmpty());
  EXPECT_THAT(Host("numa:1 core:8 pu:1").words(), IsEmpty());
}

TEST(CoreGroups, ACoreCountsOnceWhateverItsThreads) {
  Host smt("numa:1 core:4 pu:2");
  smt.add_kind("0-3", 0, "");
  smt.add_kind("4-7", 1, "");
  EXPECT_THAT(smt.words(), ElementsAre("little 2 on 0,2", "big 2 on 4,6"));
}

TEST(CoreGroups, OfClustersAlikeTheFirstStandsForAll) {
  EXPECT_THAT(Host("numa:1 l3:4(size=33554432) core:8 pu:1").words(),
              ElementsAre("cluster0 8 on 0-7"));
  EXPECT_EQ(Host("numa:1 l3:4(size=33554432) core:8 pu:1").groups()[0].description,
            "behind one cache of 32 MiB");
}

TEST(CoreGroups, ACacheOfAllOrOfOneCoreIsNoCluster) {
  EXPECT_THAT(Host("numa:1 l3:1 l2:4 core:2 pu:1").words(), IsEmpty());
  EXPECT_THAT(Host("numa:1 l2:8 core:1 pu:2").words(), IsEmpty());
}

TEST(CoreGroups, OnlyTheCoresAskedAboutCount) {
  Host two("numa:2 l3:2 core:4 pu:1");
  two.add_kind("0-7", 0, "");
  two.add_kind("8-15", 1, "");
  const hwloc_obj_t second = hwloc_get_obj_by_type(two.get(), HWLOC_OBJ_NUMANODE, 1);
  const auto groups = core_groups(two.get(), second->cpuset);
  ASSERT_EQ(groups.size(), 1u);  // one kind only, and two clusters alike
  EXPECT_EQ(groups[0].name, "cluster0");
  EXPECT_EQ(groups[0].cpus, "8-11");
}

TEST(CoreGroups, ProcessorsWithoutCoresCountThemselves) {
  Host virtual_machine("numa:1 pu:3");
  EXPECT_EQ(
      one_cpu_a_core(virtual_machine.get(), hwloc_get_root_obj(virtual_machine.get())->cpuset),
      "0-2");
  EXPECT_EQ(count_cpus("0-2,7"), 4);
  EXPECT_EQ(count_cpus("none"), 0);
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
