// SPDX-License-Identifier: Apache-2.0
// The way between two GPUs, in the words of nvidia-smi topo -m.
#include "sim/pci_tree.hpp"

#include <gtest/gtest.h>

namespace gpusim {
namespace TEST_FILE {

GpuDescription card(std::vector<std::string> path, int node = 0) {
  GpuDescription gpu;
  gpu.pci_path = std::move(path);
  gpu.numa_node = node;
  return gpu;
}

TEST(PciTree, DistanceIsTheFarthestThingPassed) {
  const auto one = card({"pci0000:00", "0000:00:01.0", "0000:01:00.0", "0000:02:00.0"});
  const auto beside = card({"pci0000:00", "0000:00:01.0", "0000:01:00.0", "0000:02:01.0"});
  EXPECT_EQ(pci_distance(one, beside), PciDistance::one_switch);
  // A second switch below the first.
  const auto deeper = card({"pci0000:00", "0000:00:01.0", "0000:01:00.0", "0000:02:02.0",
                            "0000:05:00.0", "0000:06:00.0"});
  EXPECT_EQ(pci_distance(one, deeper), PciDistance::switches);
  EXPECT_EQ(pci_distance(deeper, one), PciDistance::switches);
  const auto bridged =
      card({"pci0000:00", "0000:00:01.0", "0000:01:00.0", "0000:02:03.0", "0000:07:00.0"});
  EXPECT_EQ(pci_distance(one, bridged), PciDistance::switches);
  EXPECT_EQ(pci_distance(bridged, one), PciDistance::switches);
  const auto port = card({"pci0000:00", "0000:00:02.0"});
  EXPECT_EQ(pci_distance(one, port), PciDistance::host);
  EXPECT_EQ(pci_distance(port, card({"pci0000:40", "0000:40:01.1"})), PciDistance::node);
  EXPECT_EQ(pci_distance(port, card({"pci0000:80", "0000:80:01.1"}, 1)), PciDistance::system);
  // Nodes that the kernel does not number are not known to be the same.
  EXPECT_EQ(pci_distance(card({"pci0000:00"}, -1), card({"pci0000:40"}, -1)), PciDistance::system);
  EXPECT_EQ(pci_distance(port, card({})), PciDistance::unknown);
}

TEST(PciTree, TwoGpusOfOneBoardAreNearest) {
  auto one = card({"pci0000:00", "0000:00:01.0", "0000:01:00.0", "0000:02:00.0"});
  auto two = card({"pci0000:00", "0000:00:01.0", "0000:01:00.0", "0000:02:01.0"});
  one.attributes = two.attributes = {{"IsMultiGpuBoard", 1}, {"MultiGpuBoardGroupID", 7}};
  EXPECT_EQ(pci_distance(one, two), PciDistance::same_board);
  two.attributes["MultiGpuBoardGroupID"] = 8;
  EXPECT_EQ(pci_distance(one, two), PciDistance::one_switch);
}

TEST(PciTree, PortsBelowWhatBothShare) {
  const auto one = card({"pci0000:00", "0000:00:01.0", "0000:01:00.0", "0000:02:00.0"});
  const auto beside = card({"pci0000:00", "0000:00:01.0", "0000:01:00.0", "0000:02:01.0"});
  const auto far = card({"pci0000:80", "0000:80:01.0"}, 1);
  ASSERT_EQ(ports_below_common(one, beside).size(), 1u);
  EXPECT_EQ(ports_below_common(one, beside)[0], "0000:02:00.0");
  EXPECT_EQ(ports_below_common(one, far).size(), 3u);
  EXPECT_EQ(ports_below_common(far, one).size(), 1u);
  EXPECT_TRUE(ports_below_common(card({}), one).empty());
  EXPECT_EQ(ports_above(one).size(), 3u);
}

}  // namespace TEST_FILE
}  // namespace gpusim
