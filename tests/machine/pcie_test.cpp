// SPDX-License-Identifier: Apache-2.0
#include "machine/pcie.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made_signals.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Pcie, RatesAreThoseOfTheStandardAfterTheLineCode) {
  EXPECT_DOUBLE_EQ(pcie_gbs({1, 16}), 4.0);
  EXPECT_DOUBLE_EQ(pcie_gbs({2, 16}), 8.0);
  EXPECT_NEAR(pcie_gbs({3, 16}), 15.754, 0.001);
  EXPECT_NEAR(pcie_gbs({4, 4}), 7.877, 0.001);
  EXPECT_NEAR(pcie_gbs({5, 16}), 63.015, 0.001);
  EXPECT_NEAR(pcie_gbs({6, 16}), 121.0, 0.001);
}

TEST(Pcie, ACeilingShowsItsFormulaAndWhatPacketsLeave) {
  const Ceiling ceiling = pcie_ceiling({4, 16});
  EXPECT_NEAR(ceiling.gbs, 31.508, 0.001);
  EXPECT_EQ(ceiling.formula, "PCIe 4.0 x16: 16 GT/s x 16 lanes x 128/130 / 8");
  EXPECT_NEAR(ceiling.payload_gbs.value(), 31.508 * 256 / 280, 0.001);
  EXPECT_THAT(ceiling.payload_formula, HasSubstr("assumed"));
  EXPECT_FALSE(pcie_ceiling({6, 16}).payload_gbs.has_value());
}

TEST(Pcie, ACardInItsSlot) {
  GpuSignals gpu = discrete_gpu(0);
  add_pci(gpu, "pci0000:00", {port("0000:00:01.1", {5, 16}), port("0000:01:00.0", {4, 16})});
  gpu.pci_path.back().current = PcieSpeed{1, 16};
  const PcieLink link = pcie_link(gpu);
  EXPECT_EQ(link.root, "pci0000:00");
  EXPECT_THAT(link.bridges, ElementsAre("0000:00:01.1"));
  EXPECT_EQ(link.current, (PcieSpeed{1, 16}));
  EXPECT_EQ(link.card_max, (PcieSpeed{4, 16}));
  EXPECT_EQ(link.slot_max, (PcieSpeed{5, 16}));
  EXPECT_EQ(link.narrowest, (PcieSpeed{4, 16}));
  EXPECT_EQ(link.narrowest_at, "");
  EXPECT_TRUE(is_yes(link.idle.value)) << link.idle.raw;
  EXPECT_NEAR(link.ceiling.value().gbs, 31.508, 0.001);
}

TEST(Pcie, TheNarrowestPointMayLieAboveTheSlot) {
  // A switch with a x8 uplink: root port, upstream port, downstream port, GPU.
  GpuSignals gpu = discrete_gpu(0);
  add_pci(gpu, "pci0000:00",
          {port("0000:00:01.1", {4, 16}), port("0000:01:00.0", {4, 8}),
           port("0000:02:00.0", {4, 16}), port("0000:03:00.0", {4, 16})});
  const PcieLink link = pcie_link(gpu);
  EXPECT_EQ(link.narrowest, (PcieSpeed{4, 8}));
  EXPECT_EQ(link.narrowest_at, "0000:00:01.1");
  EXPECT_THAT(link.ceiling.value().formula, HasSubstr("PCIe 4.0 x8: "));
}

TEST(Pcie, LanesThatWereNotTrainedDoNotCount) {
  GpuSignals gpu = discrete_gpu(0);
  add_pci(gpu, "pci0000:00", {port("0000:00:01.1", {4, 16}), port("0000:01:00.0", {4, 16})});
  for (PciPort& end : gpu.pci_path) end.current = PcieSpeed{4, 4};
  EXPECT_EQ(pcie_link(gpu).narrowest, (PcieSpeed{4, 4}));
  EXPECT_TRUE(is_no(pcie_link(gpu).idle.value));
}

TEST(Pcie, WithoutTheKernelsTreeNvmlIsEnough) {
  GpuSignals gpu = discrete_gpu(0);
  EXPECT_FALSE(pcie_link(gpu).ceiling.has_value());
  EXPECT_EQ(pcie_link(gpu).idle.value, Tri::unknown);
  gpu.pcie_current = PcieSpeed{1, 8};
  gpu.pcie_card_max = PcieSpeed{5, 16};
  gpu.pcie_link_max = PcieSpeed{4, 16};
  const PcieLink link = pcie_link(gpu);
  EXPECT_EQ(link.narrowest, (PcieSpeed{4, 8}));
  EXPECT_FALSE(link.slot_max.has_value());
  EXPECT_TRUE(is_yes(link.idle.value));
}

TEST(Pcie, AnIntegratedGpuHasOnlyAPlaceholder) {
  GpuSignals gpu = spark().gpus[0];
  gpu.pcie_current = PcieSpeed{1, 1};
  add_pci(gpu, "pci000f:00", {port("000f:00:00.0", {1, 16}), port("000f:01:00.0", {1, 16})});
  const PcieLink link = pcie_link(gpu);
  EXPECT_FALSE(link.current.has_value());
  EXPECT_FALSE(link.ceiling.has_value());
  EXPECT_EQ(link.root, "");
}

TEST(Pcie, ChipToChipCarriesTheDataOfASuperchip) {
  Signals two = grace_hopper(2);
  for (GpuSignals& gpu : two.gpus) {
    gpu.pcie_current = PcieSpeed{4, 1};
    gpu.pcie_link_max = PcieSpeed{4, 1};
    add_pci(gpu, "pci0009:00", {port("0009:00:00.0", {4, 1}), port("0009:01:00.0", {4, 1})});
  }
  EXPECT_FALSE(pcie_link(two.gpus[0]).ceiling.has_value());
  EXPECT_FALSE(narrowest_between(two.gpus[0], two.gpus[1]).has_value());
}

/// Two GPUs with the ports above them, and the NUMA nodes the kernel names.
struct Pair {
  GpuSignals a = discrete_gpu(0);
  GpuSignals b = discrete_gpu(1);
  Pair(const std::string& root_a, std::vector<PciPort> path_a, const std::string& root_b,
       std::vector<PciPort> path_b, int node_a = 0, int node_b = 0) {
    add_pci(a, root_a, std::move(path_a));
    add_pci(b, root_b, std::move(path_b));
    a.numa_node = node_a;
    b.numa_node = node_b;
  }
  PciTopologyLevel way(std::size_t host_nodes = 2) const {
    return pci_topology_level(a, b, host_nodes);
  }
};

const PcieSpeed wide{4, 16};

TEST(Pcie, WaysBetweenCardsHaveTheWordsOfNvidiaSmi) {
  const PciPort root = port("0000:00:01.1", wide), other_root = port("0000:00:03.1", wide);
  const PciPort up = port("0000:01:00.0", wide);
  const PciPort down_1 = port("0000:02:00.0", wide), down_2 = port("0000:02:01.0", wide);
  const PciPort card_1 = port("0000:03:00.0", wide), card_2 = port("0000:04:00.0", wide);
  const Pair one_switch("pci0000:00", {root, up, down_1, card_1}, "pci0000:00",
                        {root, up, down_2, card_2});
  EXPECT_EQ(one_switch.way(), PciTopologyLevel::pix);
  const PciPort up_2 = port("0000:05:00.0", wide), down_3 = port("0000:06:00.0", wide);
  const Pair cascade("pci0000:00", {root, up, down_1, up_2, down_3, card_1}, "pci0000:00",
                     {root, up, down_2, card_2});
  EXPECT_EQ(cascade.way(), PciTopologyLevel::pxb);
  const Pair one_bridge("pci0000:00", {root, card_1}, "pci0000:00", {other_root, card_2});
  EXPECT_EQ(one_bridge.way(), PciTopologyLevel::phb);
  const Pair node("pci0000:00", {root, card_1}, "pci0000:40", {other_root, card_2});
  EXPECT_EQ(node.way(), PciTopologyLevel::node);
  const Pair sockets("pci0000:00", {root, card_1}, "pci0000:80", {other_root, card_2}, 0, 1);
  EXPECT_EQ(sockets.way(), PciTopologyLevel::sys);
  const Pair unnamed("pci0000:00", {root, card_1}, "pci0000:80", {other_root, card_2}, -1, -1);
  EXPECT_EQ(unnamed.way(1), PciTopologyLevel::node);
  EXPECT_EQ(unnamed.way(2), PciTopologyLevel::unknown);
  const Pair unseen("", {}, "pci0000:80", {other_root, card_2});
  EXPECT_EQ(unseen.way(), PciTopologyLevel::unknown);
}

TEST(Pcie, BetweenCardsOfOneSwitchTheUplinkDoesNotCount) {
  const PciPort root = port("0000:00:01.1", {3, 16}), up = port("0000:01:00.0", {3, 8});
  const Pair pair("pci0000:00", {root, up, port("0000:02:00.0", wide), port("0000:03:00.0", wide)},
                  "pci0000:00",
                  {root, up, port("0000:02:01.0", wide), port("0000:04:00.0", {4, 8})});
  EXPECT_EQ(narrowest_between(pair.a, pair.b), (PcieSpeed{4, 8}));
  EXPECT_EQ(pcie_link(pair.a).narrowest, (PcieSpeed{3, 8}));

  GpuSignals unknown_way = discrete_gpu(1);
  EXPECT_FALSE(narrowest_between(pair.a, unknown_way).has_value());
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
