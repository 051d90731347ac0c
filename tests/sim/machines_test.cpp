// SPDX-License-Identifier: Apache-2.0
// What each built-in machine is there for, and that every figure of it says where it comes from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "sim/machine_file_loader.hpp"

namespace gpusim {
namespace TEST_FILE {

using peerbench::MiB;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string folder = PEERBENCH_SOURCE_DIR "/src/sim/machines/";

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") found.push_back(entry.path().stem());
  }
  std::sort(found.begin(), found.end());
  return found;
}

MachineFile builtin(const std::string& name) {
  auto machine = load_machine_file(folder + name + ".json");
  EXPECT_TRUE(machine.has_value()) << (machine ? "" : machine.error().message);
  return machine.value_or(MachineFile{});
}

/// NVLinks that are up between two GPUs.
int links_up(const MachineFile& machine, int a, int b) {
  int up = 0;
  for (const LinkBundle& link : machine.links) {
    if ((link.a == a && link.b == b) || (link.a == b && link.b == a)) up += link.up;
  }
  return up;
}

bool access(const MachineFile& machine, int from, int to) {
  for (const PeerPolicy& peer : machine.peers) {
    if (peer.from == from && peer.to == to) return peer.access;
  }
  return machine.peer_default && machine.peer_default->access;
}

/// Every ordered pair's answer of `ask(from, to)`.
template <typename Ask>
std::vector<bool> each_pair(const MachineFile& machine, Ask ask) {
  std::vector<bool> answers;
  const int gpus = static_cast<int>(machine.gpus.size());
  for (int from = 0; from < gpus; ++from) {
    for (int to = 0; to < gpus; ++to) {
      if (from != to) answers.push_back(ask(from, to));
    }
  }
  return answers;
}

std::vector<bool> each_access(const MachineFile& machine) {
  return each_pair(machine, [&](int from, int to) { return access(machine, from, to); });
}

int attribute(const GpuDescription& gpu, const char* name) {
  const auto found = gpu.attributes.find(name);
  return found == gpu.attributes.end() ? 0 : found->second;
}

/// Ports that both cards lie below, and whether they share the host bridge.
std::size_t shared_steps(const GpuDescription& a, const GpuDescription& b) {
  const auto end = std::min(a.pci_path.size(), b.pci_path.size());
  std::size_t shared = 0;
  while (shared < end && a.pci_path[shared] == b.pci_path[shared]) ++shared;
  return shared;
}

// --- all of them ---

/// Calls `visit(place, figure)` for every figure in the file as it is written.
template <typename Visit>
void visit_figures(const nlohmann::json& part, const std::string& place, Visit visit) {
  if (part.is_object() && part.contains("value")) return visit(place, part);
  if (!part.is_structured()) return;
  for (const auto& [key, value] : part.items()) visit_figures(value, place + "/" + key, visit);
}

TEST(Machines, EveryFigureSaysWhereItComesFrom) {
  for (const std::string& name : names()) {
    std::ifstream file(folder + name + ".json");
    const auto document = nlohmann::json::parse(file, nullptr, true, true);
    int figures = 0;
    visit_figures(document, name, [&](const std::string& place, const nlohmann::json& figure) {
      ++figures;
      // Long enough to name somebody or something.
      EXPECT_GE(figure.value("source", "").size(), 15u) << place;
    });
    EXPECT_GE(figures, name == "no-gpu" ? 4 : 8) << name;
  }
}

TEST(Machines, EachHasItsOwnNameAndSeedAndALineThatFits) {
  std::set<std::uint64_t> seeds;
  for (const std::string& name : names()) {
    const MachineFile machine = builtin(name);
    EXPECT_EQ(machine.name, name);
    EXPECT_LE(name.size(), 28u);
    EXPECT_LE(machine.summary.size(), 48u) << name;
    EXPECT_TRUE(seeds.insert(machine.seed).second) << name << ": " << machine.seed;
  }
}

/// A copy through the host cannot be faster than the way to it, nor both ways slower than one.
TEST(Machines, FiguresAgreeWithEachOther) {
  for (const std::string& name : names()) {
    const MachineFile machine = builtin(name);
    if (!machine.host.staging) continue;
    const Staging& staging = *machine.host.staging;
    EXPECT_LE(staging.one_way_gbs.value, staging.total_gbs.value) << name;
    for (const GpuDescription& gpu : machine.gpus) {
      EXPECT_LE(staging.one_way_gbs.value, gpu.host_to_device_gbs->value) << name;
      EXPECT_LE(staging.one_way_gbs.value, gpu.device_to_host_gbs->value) << name;
    }
  }
}

/// Generation and width, GB/s one way after encoding (PCIe Base Specification).
double pcie_limit(int generation, int width) {
  const std::map<int, double> lane = {{3, 0.9846}, {4, 1.9692}, {5, 3.9385}};
  return lane.at(generation) * width;
}

TEST(Machines, NoRateExceedsItsLink) {
  for (const std::string& name : names()) {
    const MachineFile machine = builtin(name);
    for (const GpuDescription& gpu : machine.gpus) {
      // Where the GPU reaches the CPU's memory another way, its PCIe link is a placeholder.
      const bool placeholder = gpu.c2c_links > 0 || attribute(gpu, "Integrated") != 0;
      if (placeholder || gpu.pcie_generation == 0) continue;
      const double limit = pcie_limit(gpu.pcie_generation, gpu.pcie_width);
      EXPECT_LT(gpu.host_to_device_gbs->value, limit) << name;
      EXPECT_LT(gpu.device_to_host_gbs->value, limit) << name;
      EXPECT_LT(gpu.peer_gbs ? gpu.peer_gbs->value : 0, limit) << name;
    }
  }
}

// --- NVLink ---

TEST(Machines, BridgedPairsHaveTheLinksOfTheirBridges) {
  EXPECT_EQ(links_up(builtin("dual-a100-pcie-nvlink"), 0, 1), 12);
  EXPECT_EQ(links_up(builtin("dual-a6000-nvlink"), 0, 1), 4);
  EXPECT_DOUBLE_EQ(builtin("dual-a100-pcie-nvlink").links.at(0).raw_gbs_per_link.value, 25);
  EXPECT_DOUBLE_EQ(builtin("dual-a6000-nvlink").links.at(0).raw_gbs_per_link.value, 14.0625);

  const MachineFile quad = builtin("quad-a100-pcie-pairs");
  for (int a = 0; a < 4; ++a) {
    for (int b = 0; b < 4; ++b) {
      if (a == b) continue;
      const bool bridged = a / 2 == b / 2;
      EXPECT_EQ(links_up(quad, a, b), bridged ? 12 : 0) << a << b;
      EXPECT_EQ(access(quad, a, b), bridged) << a << b;
      EXPECT_NE(quad.gpus[a].numa_node, quad.gpus[b].numa_node) << a << b;
    }
  }
}

TEST(Machines, AHalfSeatedBridgeLacksOneLink) {
  const MachineFile whole = builtin("dual-rtx3090-nvlink"),
                    half = builtin("dual-rtx3090-nvlink-3of4");
  ASSERT_THAT(half.links, SizeIs(1));
  EXPECT_EQ(half.links[0].links, 4);
  EXPECT_EQ(half.links[0].up, 3);
  EXPECT_DOUBLE_EQ(half.links[0].raw_gbs_per_link.value, whole.links[0].raw_gbs_per_link.value);
  EXPECT_DOUBLE_EQ(half.links[0].copy_efficiency.value, whole.links[0].copy_efficiency.value);
  EXPECT_THAT(each_access(half), Each(true));
}

TEST(Machines, TheCubeMeshGivesEachCardSixLinksToFourNeighbours) {
  const MachineFile machine = builtin("dgx1-v100-8");
  ASSERT_THAT(machine.gpus, SizeIs(8));
  std::map<int, int> pairs_with;
  for (int a = 0; a < 8; ++a) {
    int links = 0, neighbours = 0;
    for (int b = 0; b < 8; ++b) {
      if (a == b) continue;
      const int up = links_up(machine, a, b);
      links += up;
      neighbours += up > 0 ? 1 : 0;
      if (a < b) ++pairs_with[up];
      EXPECT_EQ(access(machine, a, b), up > 0) << a << b;
    }
    EXPECT_EQ(links, 6) << a;
    EXPECT_EQ(neighbours, 4) << a;
    // Four GPUs a socket, all joined; one link bundle leads to the other socket.
    EXPECT_GT(links_up(machine, a, (a + 4) % 8), 0) << a;
    EXPECT_EQ(machine.gpus[a].numa_node, a / 4);
  }
  EXPECT_THAT(pairs_with, (std::map<int, int>{{0, 12}, {1, 8}, {2, 8}}));
}

TEST(Machines, SwitchedBoardsHaveAllLinksToTheSwitches) {
  const std::map<std::string, int> links = {{"hgx-a100-8", 12}, {"hgx-h100-8", 18}};
  for (const auto& [name, count] : links) {
    const MachineFile machine = builtin(name);
    ASSERT_THAT(machine.gpus, SizeIs(8));
    ASSERT_THAT(machine.links, SizeIs(8));
    for (int a = 0; a < 8; ++a) {
      EXPECT_TRUE(machine.links[a].to_switch());
      EXPECT_EQ(machine.links[a].a, a);
      EXPECT_EQ(machine.links[a].up, count);
      EXPECT_EQ(machine.links[a].links, count);
      EXPECT_EQ(machine.gpus[a].numa_node, a / 4);
    }
    EXPECT_THAT(each_access(machine), Each(true));
  }
  // Bare metal shows the switches, a virtual machine hides them.
  EXPECT_THAT(builtin("hgx-a100-8").links, Each(Field(&LinkBundle::switches, SizeIs(6))));
  EXPECT_THAT(builtin("hgx-h100-8").links, Each(Field(&LinkBundle::switches, IsEmpty())));
  EXPECT_EQ(builtin("hgx-h100-8").gpus[7].virtualization, "passthrough");
}

// --- PCIe ---

TEST(Machines, PairsWithoutNvlinkDifferInWhatTheDriverAllows) {
  const MachineFile ada = builtin("dual-rtx6000ada"), blackwell = builtin("dual-rtx5090");
  EXPECT_THAT(ada.links, IsEmpty());
  EXPECT_THAT(blackwell.links, IsEmpty());
  EXPECT_THAT(each_access(ada), Each(true));
  EXPECT_THAT(each_access(blackwell), Each(false));
  EXPECT_EQ(blackwell.peers.at(0).read, "GNS");
  EXPECT_EQ(ada.peers.at(0).nvlink, "NS");
  // PHB: one host bridge, no port in common.
  EXPECT_EQ(shared_steps(ada.gpus[0], ada.gpus[1]), 1u);
  for (const Bridge& bridge : ada.bridges) EXPECT_EQ(bridge.acs, "off");
}

TEST(Machines, FourP100ShareOneSwitchAndItsUplink) {
  const MachineFile machine = builtin("quad-p100-switch");
  ASSERT_THAT(machine.gpus, SizeIs(4));
  for (int i = 1; i < 4; ++i) EXPECT_EQ(shared_steps(machine.gpus[0], machine.gpus[i]), 3u) << i;
  EXPECT_THAT(each_access(machine), Each(true));
  EXPECT_THAT(machine.links, IsEmpty());
  ASSERT_TRUE(machine.bridges.at(0).uplink_gbs.has_value());
  EXPECT_GT(machine.gpus[3].peer_read_latency_us->value,
            4 * machine.gpus[3].peer_copy_latency_us->value);
}

TEST(Machines, TenCardsExceedTheEightPeersOfOneCard) {
  const MachineFile machine = builtin("ten-gpu-pcie");
  ASSERT_THAT(machine.gpus, SizeIs(10));
  EXPECT_THAT(each_access(machine), AllOf(SizeIs(90), Each(true)));
  EXPECT_EQ(machine.gpus[4].numa_node, 0);
  EXPECT_EQ(machine.gpus[5].numa_node, 1);
  EXPECT_EQ(shared_steps(machine.gpus[4], machine.gpus[5]), 0u);
  EXPECT_THAT(machine.links, IsEmpty());
}

TEST(Machines, OneCardSitsInASlotOfFourLanes) {
  const MachineFile machine = builtin("dual-rtx3090-x4-slot");
  ASSERT_THAT(machine.gpus, SizeIs(2));
  EXPECT_EQ(machine.gpus[0].pcie_width, 16);
  EXPECT_EQ(machine.gpus[1].pcie_width, 4);
  EXPECT_EQ(machine.gpus[1].pcie_max_width, 16);
  EXPECT_THAT(machine.links, IsEmpty());
  EXPECT_THAT(each_access(machine), Each(false));
  // Nothing through this slot is faster than PCIe 4.0 x4.
  EXPECT_LT(machine.host.staging->one_way_gbs.value, pcie_limit(4, 4));
}

// --- one memory, or C2C ---

TEST(Machines, JetsonsShareOnePoolWithTheCpu) {
  const GpuDescription orin = builtin("jetson-agx-orin").gpus.at(0);
  EXPECT_EQ(attribute(orin, "Integrated"), 1);
  EXPECT_EQ(attribute(orin, "ConcurrentManagedAccess"), 0);
  EXPECT_EQ(attribute(orin, "PageableMemoryAccessUsesHostPageTables"), 0);
  EXPECT_FALSE(orin.in_pci);
  EXPECT_TRUE(orin.nvml_hidden);

  const GpuDescription thor = builtin("jetson-thor").gpus.at(0);
  EXPECT_EQ(attribute(thor, "Integrated"), 1);
  EXPECT_EQ(attribute(thor, "ConcurrentManagedAccess"), 1);
  EXPECT_EQ(attribute(thor, "PageableMemoryAccessUsesHostPageTables"), 1);
  EXPECT_EQ(attribute(thor, "DirectManagedMemAccessFromHost"), 0);
  // CUDA 13.0 prints 0 for both: no ceiling may be made of them.
  EXPECT_EQ(thor.memory_clock_khz, 0);
  EXPECT_EQ(thor.memory_bus_bits, 0);
  EXPECT_FALSE(thor.framebuffer);
  for (const char* name : {"jetson-agx-orin", "jetson-thor"}) {
    const MachineFile machine = builtin(name);
    EXPECT_THAT(machine.host.device_tree_model, HasSubstr("Jetson AGX")) << name;
    EXPECT_THAT(machine.host.tegra_release, StartsWith("# R3")) << name;
    EXPECT_THAT(machine.links, IsEmpty()) << name;
  }
}

TEST(Machines, SuperchipsHaveC2cAndMemoryOfTheirOwn) {
  for (const char* name : {"gh200", "dual-gh200"}) {
    const MachineFile machine = builtin(name);
    std::set<int> nodes;
    for (const GpuDescription& gpu : machine.gpus) {
      EXPECT_EQ(gpu.c2c_links, 10) << name;
      EXPECT_DOUBLE_EQ(gpu.c2c_mbps_per_link, 44712) << name;
      EXPECT_EQ(attribute(gpu, "Integrated"), 0) << name;
      EXPECT_EQ(attribute(gpu, "PageableMemoryAccessUsesHostPageTables"), 1) << name;
      EXPECT_EQ(attribute(gpu, "NumaConfig"), 1) << name;
      EXPECT_EQ(gpu.addressing_mode, "ats") << name;
      EXPECT_TRUE(gpu.framebuffer) << name;
      // Ports that lead nowhere: the chip has them, this module does not wire them.
      EXPECT_EQ(gpu.nvlink_ports, 18) << name;
      EXPECT_TRUE(nodes.insert(attribute(gpu, "NumaId")).second) << name;
    }
    EXPECT_THAT(machine.links, IsEmpty()) << name;
    EXPECT_THAT(each_access(machine), Each(false)) << name;
  }
  EXPECT_THAT(builtin("dual-gh200").gpus, SizeIs(2));
}

TEST(Machines, TheStationHasOneOfEachKind) {
  const MachineFile machine = builtin("mixed-discrete-and-superchip");
  ASSERT_THAT(machine.gpus, SizeIs(2));
  const auto host_tables = [&](int i) {
    return attribute(machine.gpus[i], "PageableMemoryAccessUsesHostPageTables");
  };
  EXPECT_EQ(host_tables(0), 0);
  EXPECT_EQ(host_tables(1), 1);
  EXPECT_EQ(machine.gpus[0].c2c_links, 0);
  EXPECT_GT(machine.gpus[1].c2c_links, 0);
  EXPECT_EQ(machine.gpus[0].addressing_mode, "hmm");
  EXPECT_THAT(each_access(machine), Each(false));
}

TEST(Machines, ALoneH200HasLinksAndNoPeer) {
  const MachineFile machine = builtin("single-h200");
  ASSERT_THAT(machine.gpus, SizeIs(1));
  ASSERT_THAT(machine.links, SizeIs(1));
  EXPECT_TRUE(machine.links[0].to_switch());
  EXPECT_EQ(machine.links[0].up, 18);
}

// --- what hides something ---

TEST(Machines, SomeHideWhatIsThere) {
  const MachineFile blind = builtin("nvml-missing");
  EXPECT_FALSE(blind.nvml);
  EXPECT_TRUE(blind.host.container);
  EXPECT_EQ(links_up(blind, 0, 1), 4);
  EXPECT_THAT(each_access(blind), Each(true));

  const MachineFile hidden = builtin("hidden-gpu");
  EXPECT_THAT(hidden.gpus, SizeIs(2));
  EXPECT_EQ(links_up(hidden, 0, 1), 4);
  EXPECT_EQ(hidden.environment.at("CUDA_VISIBLE_DEVICES"), "0");

  const MachineFile off = builtin("no-driver");
  EXPECT_THAT(off.gpus, SizeIs(1));
  EXPECT_EQ(off.driver_version, "");
  EXPECT_EQ(off.cuda_version, 0);
}

TEST(Machines, SlicesAndVirtualMachinesSayWhatTheyAre) {
  const GpuDescription mig = builtin("mig-h100").gpus.at(0);
  EXPECT_EQ(mig.mig, "enabled");
  EXPECT_THAT(mig.mig_slices.at(0).uuid, StartsWith("MIG-"));
  EXPECT_EQ(mig.mig_slices.at(0).multiprocessors, 60);
  EXPECT_LT(mig.mig_slices.at(0).memory_bytes, mig.memory_bytes / 2);
  EXPECT_EQ(builtin("mig-h100").links.at(0).up, 18);

  const GpuDescription shared = builtin("virtual-gpu").gpus.at(0);
  EXPECT_EQ(shared.virtualization, "vgpu");
  EXPECT_EQ(shared.pcie_generation, 0);
  EXPECT_EQ(shared.bar1_bytes, 256 * MiB);

  const MachineFile guest = builtin("kvm-guest-h100");
  EXPECT_TRUE(guest.host.hypervisor);
  EXPECT_TRUE(guest.bridges.at(0).emulated);
  EXPECT_LT(guest.bridges.at(0).generation, guest.gpus.at(0).pcie_generation);

  const MachineFile windows = builtin("wsl2");
  EXPECT_TRUE(windows.host.wsl);
  EXPECT_THAT(windows.host.kernel, HasSubstr("microsoft"));
  EXPECT_EQ(attribute(windows.gpus.at(0), "ConcurrentManagedAccess"), 0);
}

}  // namespace TEST_FILE
}  // namespace gpusim
