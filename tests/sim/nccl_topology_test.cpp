// SPDX-License-Identifier: Apache-2.0
// Machines from topologies as NCCL writes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "sim/machine_file_loader.hpp"
#include "sim/nccl_topology.hpp"

namespace gpusim {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

MachineFile machine(const std::string& inside) {
  auto read = parse_nccl_topology("<system version=\"1\">" + inside + "</system>", "a/box.xml");
  EXPECT_TRUE(read.has_value()) << read.error().message;
  return read.value_or(MachineFile{});
}

std::string refusal(const std::string& text) {
  const auto read = parse_nccl_topology(text, "a/box.xml");
  EXPECT_FALSE(read.has_value());
  return read ? "" : read.error().message;
}

/// A GPU with a <gpu>, what is inside it, and further attributes of its PCI device.
std::string card(const std::string& busid, int dev, int sm, const std::string& inside = "",
                 const std::string& pci = "class=\"0x030200\"") {
  return "<pci busid=\"" + busid + "\" " + pci + "><gpu dev=\"" + std::to_string(dev) + "\" sm=\"" +
         std::to_string(sm) + "\">" + inside + "</gpu></pci>";
}

std::string nvlink(const std::string& target, int count, const std::string& tclass) {
  return "<nvlink target=\"" + target + "\" count=\"" + std::to_string(count) + "\" tclass=\"" +
         tclass + "\"/>";
}

std::string cpu(int node, const std::string& inside) {
  return "<cpu numaid=\"" + std::to_string(node) + "\" affinity=\"00000000,000000ff\">" + inside +
         "</cpu>";
}

TEST(NcclTopology, CardsNodesAndPorts) {
  const std::string linked =
      "class=\"0x030200\" vendor=\"0x10de\" device=\"0x2330\" link_speed=\"32.0 GT/s PCIe\" "
      "link_width=\"8\"";
  const MachineFile box =
      machine(cpu(0, "<pci busid=\"0000:08:00.0\" class=\"0x060400\"><pci busid=\"0000:0D:00.0\">" +
                         card("0000:0F:00.0", 1, 90, "", linked) +
                         "<pci busid=\"0000:0e:00.0\" class=\"0x020000\"/></pci></pci>") +
              cpu(1, card("0001:00:00.0", 0, 90)));
  EXPECT_EQ(box.name, "box");
  ASSERT_THAT(box.gpus, SizeIs(2));  // the network GPU is none
  EXPECT_EQ(box.gpus[0].pci_bus_id, "0001:00:00.0") << "in the order of CUDA's numbers";
  const GpuDescription& gpu = box.gpus[1];
  EXPECT_EQ(gpu.pci_bus_id, "0000:0f:00.0");
  EXPECT_EQ(gpu.pci_path, (std::vector<std::string>{"pci0000:08", "0000:08:00.0", "0000:0d:00.0"}));
  EXPECT_EQ(gpu.pci_device_id, 0x233010DEu);
  EXPECT_EQ(gpu.compute_major, 9);
  EXPECT_EQ(gpu.pcie_generation, 5);
  EXPECT_EQ(gpu.pcie_width, 8);
  EXPECT_EQ(gpu.cpus, "0-7");
  EXPECT_EQ(box.gpus[0].cpus, "8-15");
  EXPECT_EQ(box.gpus[0].numa_node, 1);
  EXPECT_THAT(box.host.topology, AllOf(HasSubstr("pack:2"), HasSubstr("core:8")));
  // What it does not say: PCIe of the GPU's generation, sixteen lanes.
  EXPECT_EQ(box.gpus[0].pcie_generation, 5);
  EXPECT_EQ(box.gpus[0].pcie_width, 16);
  EXPECT_DOUBLE_EQ(box.gpus[0].host_to_device_gbs->value, 2 * gpu.host_to_device_gbs->value);
  EXPECT_TRUE(gpu.local_copy_gbs.inferred);
  EXPECT_THAT(gpu.local_copy_gbs.source, HasSubstr("hgx-h100-8"));
}

TEST(NcclTopology, LinksBetweenCardsAreOneBundleAPair) {
  const MachineFile box =
      machine(cpu(0, card("0000:01:00.0", 0, 80, nvlink("0000:02:00.0", 4, "0x030200")) +
                         card("0000:02:00.0", 1, 80, nvlink("0000:01:00.0", 4, "0x030200")) +
                         card("0000:03:00.0", 2, 80, "", "class=\"0x030000\"")));
  ASSERT_THAT(box.links, SizeIs(1));
  EXPECT_EQ(box.links[0].kind, "nvlink");
  EXPECT_EQ(box.links[0].a, 0);
  EXPECT_EQ(box.links[0].b, 1);
  EXPECT_EQ(box.links[0].up, 4);
  EXPECT_EQ(find_policy(box, 0, 1)->nvlink, "OK");
  EXPECT_FALSE(find_policy(box, 0, 2)->access) << "a GPU with a display has no peers over PCIe";
}

TEST(NcclTopology, LinksToSwitchesAreOneBundleACard) {
  const std::string switches =
      nvlink("0000:1c:00.0", 2, "0x068000") + nvlink("0000:1b:00.0", 1, "0x068000");
  const MachineFile box = machine(
      cpu(0, card("0000:01:00.0", 0, 90, switches) + card("0000:02:00.0", 1, 90, switches)));
  ASSERT_THAT(box.links, SizeIs(2));
  EXPECT_TRUE(box.links[0].to_switch());
  EXPECT_EQ(box.links[0].links, 3);
  EXPECT_EQ(box.links[0].switches,
            (std::vector<std::string>{"0000:1c:00.0", "0000:1c:00.0", "0000:1b:00.0"}));
  EXPECT_EQ(box.links[1].a, 1);
  EXPECT_TRUE(find_policy(box, 1, 0)->access);
  const MachineFile guest =
      machine(cpu(0, card("0000:01:00.0", 0, 90, nvlink("fffffff:ffff:ff", 18, "0x068000"))));
  EXPECT_EQ(guest.links.at(0).links, 18);
  EXPECT_TRUE(guest.links.at(0).switches.empty());
}

TEST(NcclTopology, WithoutGpusThePciClassTells) {
  const MachineFile box = machine(
      cpu(0,
          "<pci busid=\"0001:00:00.0\" class=\"0x030200\" link_speed=\"8 GT/s\" link_width=\"16\"/>"
          "<pci busid=\"0002:00:00.0\" class=\"0x020700\"/>"));
  ASSERT_THAT(box.gpus, SizeIs(1));
  EXPECT_EQ(box.gpus[0].compute_major, 8);
  EXPECT_EQ(box.gpus[0].pcie_generation, 3);
}

TEST(NcclTopology, WhatIsNoneIsRefused) {
  EXPECT_THAT(refusal("<system><cpu>"), AllOf(HasSubstr("a/box.xml"), HasSubstr("not XML")));
  EXPECT_THAT(refusal("<topology/>"), HasSubstr("no topology of NCCL"));
  EXPECT_THAT(refusal("<system><cpu numaid=\"0\"><pci busid=\"0000:00:16.0\"/></cpu></system>"),
              AllOf(HasSubstr("names no GPU"), HasSubstr("NCCL_TOPO_DUMP_FILE")));
  EXPECT_THAT(refusal("<system>" + cpu(0, card("nowhere", 0, 80)) + "</system>"),
              HasSubstr("gpus[0].pci_bus_id"));
}

TEST(NcclTopology, AFileMayBeginWithAComment) {
  const std::string path = testing::TempDir() + "topology-" + std::to_string(getpid()) + ".xml";
  std::ofstream(path) << "\n<!-- of a cloud -->\n<system version=\"1\">"
                      << cpu(0, card("0000:01:00.0", 0, 86)) << "</system>";
  const auto read = load_machine_file(path);
  std::remove(path.c_str());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->gpus.at(0).compute_minor, 6);
}

}  // namespace TEST_FILE
}  // namespace gpusim
