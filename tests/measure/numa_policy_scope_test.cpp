// SPDX-License-Identifier: Apache-2.0
// On the machine that the tests run on, which may let us place memory or may not.
#include "measure/numa_policy_scope.hpp"

#include <gmock/gmock.h>
#include <hwloc.h>

#include <cstring>
#include <vector>

namespace peerbench::measure {
namespace TEST_FILE {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What this thread's allocations are bound to: the policy and the nodes.
std::string binding() {
  hwloc_topology_t topology = nullptr;
  hwloc_topology_init(&topology);
  hwloc_topology_load(topology);
  hwloc_nodeset_t nodes = hwloc_bitmap_alloc();
  hwloc_membind_policy_t policy{};
  std::string words = "unknown";
  if (hwloc_get_membind(topology, nodes, &policy, HWLOC_MEMBIND_THREAD | HWLOC_MEMBIND_BYNODESET) ==
      0) {
    char* text = nullptr;
    hwloc_bitmap_asprintf(&text, nodes);
    words = std::to_string(policy) + " " + text;
    free(text);
  }
  hwloc_bitmap_free(nodes);
  hwloc_topology_destroy(topology);
  return words;
}

TEST(NumaPolicyScope, SaysWhereMemoryLiesAndRestoresTheThreadsBinding) {
  const std::string before = binding();
  {
    const NumaPolicyScope policy(0);
    std::vector<char> memory(4 << 20);
    std::memset(memory.data(), 1, memory.size());
    const std::string where = policy.where(memory.data(), memory.size());
    if (where.find("not placed") == std::string::npos) {
      EXPECT_NE(binding(), before) << "placed, yet nothing was changed";
    }
    EXPECT_THAT(where, AnyOf("host memory on NUMA node 0, the GPU's",
                             StartsWith("host memory asked for on NUMA node 0, the GPU's; "),
                             StartsWith("host memory not placed on NUMA node 0, the GPU's: ")));
  }
  EXPECT_EQ(binding(), before);
}

TEST(NumaPolicyScope, OfANodeThatIsNotThereSaysSoAndChangesNothing) {
  const std::string before = binding();
  const NumaPolicyScope policy(1000);
  EXPECT_EQ(binding(), before);
  EXPECT_THAT(policy.where(&before, 1), HasSubstr("no such node"));
}

TEST(NumaPolicyScope, WithoutANodeHasNothingToSay) {
  const std::string before = binding();
  const NumaPolicyScope anywhere(-1);
  EXPECT_EQ(binding(), before);
  EXPECT_EQ(anywhere.where(&before, 1), "");
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
