// SPDX-License-Identifier: Apache-2.0
#include "machine/pci_signals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "hand_made_signals.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Configuration space with an ACS capability behind another one. `control` as in its register.
std::string config_space(unsigned control) {
  std::string bytes(4096, '\0');
  const auto put = [&](std::size_t at, unsigned value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
  };
  put(0x100, 0x0001 | (1u << 16) | (0x2a0u << 20));  // advanced error reporting, then at 0x2a0
  put(0x2a0, 0x000d | (1u << 16));
  put(0x2a4, control << 16);
  return bytes;
}

TEST(PciSignals, SpeedsAreGenerations) {
  EXPECT_EQ(pcie_generation("2.5 GT/s PCIe"), 1);
  EXPECT_EQ(pcie_generation("5.0 GT/s PCIe"), 2);
  EXPECT_EQ(pcie_generation("8 GT/s"), 3);
  EXPECT_EQ(pcie_generation("16.0 GT/s PCIe"), 4);
  EXPECT_EQ(pcie_generation("32.0 GT/s PCIe"), 5);
  EXPECT_EQ(pcie_generation("64.0 GT/s PCIe"), 6);
  EXPECT_EQ(pcie_generation("Unknown"), 0);
  EXPECT_EQ(pcie_generation("133 MHz PCI-X"), 0);
  EXPECT_EQ(pcie_generation(""), 0);
}

TEST(PciSignals, AcsControlTellsRedirection) {
  EXPECT_TRUE(is_yes(acs_redirect(config_space(0x1d)).value));  // SV, RR, CR, UF
  EXPECT_TRUE(is_yes(acs_redirect(config_space(0x08)).value));  // completion redirect alone
  const Signal off = acs_redirect(config_space(0x11));          // source validation, upstream
  EXPECT_TRUE(is_no(off.value));
  EXPECT_EQ(off.raw, "ACS control 0x0011");
}

TEST(PciSignals, WhatOnlyRootCanReadIsUnknown) {
  EXPECT_EQ(acs_redirect(std::string(64, '\0')).value, Tri::unknown);
  EXPECT_EQ(acs_redirect("").value, Tri::unknown);
  EXPECT_THAT(acs_redirect(std::string(64, '\0')).raw, HasSubstr("64 bytes"));
  EXPECT_TRUE(is_no(acs_redirect(std::string(4096, '\0')).value));
}

TEST(PciSignals, ALoopOfCapabilitiesEnds) {
  std::string bytes(4096, '\0');
  bytes[0x100] = 1;
  bytes[0x102] = 1;
  bytes[0x103] = 0x10;  // the next capability is this one
  EXPECT_TRUE(is_no(acs_redirect(bytes).value));
}

/// A folder that stands for "/", with two cards below one host bridge.
class Tree : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "peerbench-pci-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  void add_link(const std::string& folder, const std::string& now, const std::string& best) const {
    write(folder + "/current_link_speed", now + " GT/s PCIe\n");
    write(folder + "/current_link_width", "16\n");
    write(folder + "/max_link_speed", best + " GT/s PCIe\n");
    write(folder + "/max_link_width", "16\n");
  }
  void link(const std::string& from, const std::string& to) const {
    fs::create_directories((root_ / from).parent_path());
    fs::create_symlink(fs::path(to), root_ / from);
  }
  void add_card() const {
    const std::string bridge = "sys/devices/pci0000:40/0000:40:01.1";
    const std::string card = bridge + "/0000:41:00.0";
    add_link(bridge, "16.0", "32.0");
    write(bridge + "/config", config_space(0x1d));
    add_link(card, "2.5", "16.0");
    write(card + "/numa_node", "3\n");
    write(card + "/local_cpulist", "48-63,112-127\n");
    link("sys/bus/pci/devices/0000:41:00.0",
         "../../../devices/pci0000:40/0000:40:01.1/0000:41:00.0");
    fs::create_directories(root_ / "sys/kernel/iommu_groups/17");
    write("sys/kernel/iommu_groups/17/type", "DMA-FQ\n");
    link(card + "/iommu_group", "../../../../kernel/iommu_groups/17");
  }
  Signals read(const std::string& address) const {
    Signals signals = discrete_machine(1, no());
    signals.gpus[0].gpu.pci_bus_id = address;
    read_pci(HostFiles(root_), signals);
    return signals;
  }

  fs::path root_;
};

TEST_F(Tree, ACardItsPortAndItsGroup) {
  add_card();
  const Signals signals = read("0000:41:00.0");
  const GpuSignals& gpu = signals.gpus[0];
  EXPECT_EQ(gpu.pci_root, "pci0000:40");
  ASSERT_THAT(gpu.pci_path, SizeIs(2));
  EXPECT_EQ(gpu.pci_path[0].address, "0000:40:01.1");
  EXPECT_EQ(gpu.pci_path[0].max, (PcieSpeed{5, 16}));
  EXPECT_TRUE(is_yes(gpu.pci_path[0].acs_redirect.value));
  EXPECT_EQ(gpu.pci_path[1].address, "0000:41:00.0");
  EXPECT_EQ(gpu.pci_path[1].current, (PcieSpeed{1, 16}));
  EXPECT_EQ(gpu.pci_path[1].max, (PcieSpeed{4, 16}));
  EXPECT_EQ(gpu.numa_node, 3);
  EXPECT_EQ(gpu.cpus, "48-63,112-127");
  EXPECT_EQ(gpu.iommu_group, 17);
  EXPECT_EQ(gpu.iommu_type, "DMA-FQ");
  EXPECT_TRUE(is_yes(signals.iommu.value));
  EXPECT_EQ(signals.iommu.raw, "type DMA-FQ");
}

TEST_F(Tree, OnlyNvidiasDisplayControllersAreGpus) {
  const auto add = [&](const std::string& address, const char* vendor, const char* kind) {
    write("sys/bus/pci/devices/" + address + "/vendor", std::string(vendor) + "\n");
    write("sys/bus/pci/devices/" + address + "/class", std::string(kind) + "\n");
  };
  add("0000:01:00.0", "0x10de", "0x030000");  // a GeForce
  add("0000:01:00.1", "0x10de", "0x040300");  // its sound
  add("0000:02:00.0", "0x10de", "0x030200");  // a data centre GPU
  add("0000:03:00.0", "0x1002", "0x030000");  // the processor's own graphics, of AMD
  add("0000:04:00.0", "0x10de", "0x068000");  // an NVSwitch
  add("0000:02:00.4", "0x10de", "0x030200");  // what the GPU lends to a virtual machine
  link("sys/bus/pci/devices/0000:02:00.4/physfn", "../0000:02:00.0");
  const Signals signals = read("0000:01:00.0");
  EXPECT_THAT(signals.pci_gpus, ElementsAre("0000:01:00.0", "0000:02:00.0"));
  EXPECT_TRUE(is_yes(signals.pci_listed.value));
}

TEST_F(Tree, APciTreeThatCannotBeListedIsUnknown) {
  EXPECT_EQ(read("0000:01:00.0").pci_listed.value, Tri::unknown);
}

TEST_F(Tree, WithoutAGroupThereIsNoIommu) {
  add_card();
  fs::remove(root_ / "sys/devices/pci0000:40/0000:40:01.1/0000:41:00.0/iommu_group");
  EXPECT_TRUE(is_no(read("0000:41:00.0").iommu.value));
}

TEST_F(Tree, ACardTheKernelDoesNotShowStaysUnknown) {
  const Signals signals = read("0000:99:00.0");
  EXPECT_EQ(signals.iommu.value, Tri::unknown);
  EXPECT_EQ(signals.gpus[0].pci_root, "");
  EXPECT_THAT(signals.gpus[0].pci_path, IsEmpty());
  EXPECT_EQ(signals.gpus[0].numa_node, -1);
}

TEST_F(Tree, AVirtualMachinesTreeMayLieDeeper) {
  const std::string card = "sys/devices/LNXSYSTM:00/VMBUS:00/47505500/pci0001:00/0001:00:00.0";
  add_link(card, "16.0", "16.0");
  write(card + "/current_link_width", "255\n");  // could not be read
  link("sys/bus/pci/devices/0001:00:00.0", "../../../../" + card);
  const Signals signals = read("0001:00:00.0");
  EXPECT_EQ(signals.gpus[0].pci_root, "pci0001:00");
  ASSERT_THAT(signals.gpus[0].pci_path, SizeIs(1));
  EXPECT_FALSE(signals.gpus[0].pci_path[0].current.has_value());
  EXPECT_EQ(signals.gpus[0].pci_path[0].max, (PcieSpeed{4, 16}));
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
