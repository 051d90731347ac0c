// SPDX-License-Identifier: Apache-2.0
// The files of the simulated host as a program reads them on a real one.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/simulation.hpp"
#include "tests/sim/small_machine.hpp"

namespace gpusim {
namespace TEST_FILE {

using ::testing::HasSubstr;

std::optional<std::string> ask(long (*call)(const char*, char*, std::size_t),
                               const std::string& path) {
  const long size = call(path.c_str(), nullptr, 0);
  if (size < 0) return std::nullopt;
  std::string text(static_cast<std::size_t>(size), '?');
  EXPECT_EQ(call(path.c_str(), text.data(), text.size()), size);
  return text;
}

/// Content of a file; "(none)" when there is no such file.
std::string content(const std::string& path) {
  return ask(peerbench_sim_file, path).value_or("(none)");
}
bool present(const std::string& path) { return ask(peerbench_sim_file, path).has_value(); }
std::string real(const std::string& path) {
  return ask(peerbench_sim_real_path, path).value_or("(none)");
}

unsigned byte_at(const std::string& text, std::size_t at) {
  return static_cast<unsigned char>(text.at(at));
}
unsigned word_at(const std::string& text, std::size_t at) {
  return byte_at(text, at) | byte_at(text, at + 1) << 8;
}

class HostFilesTest : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("CUDA_VISIBLE_DEVICES"); }
  void TearDown() override { close(); }

  /// A GPU behind a switch, another one on the second root port.
  static MachineFile machine() {
    MachineFile file = small_machine();
    file.host.kernel = "6.8.0";
    file.host.product_name = "A Board";
    GpuDescription& first = file.gpus[0];
    first.pci_bus_id = "0000:43:00.0";
    first.pci_path = {"pci0000:40", "0000:40:01.1", "0000:41:00.0", "0000:42:00.0"};
    first.pci_device_id = 0x220410DE;
    first.numa_node = 1;
    first.cpus = "16-31";
    first.pcie_generation = 4;
    first.pcie_width = 8;
    first.pcie_generation_idle = 1;
    first.pcie_max_generation = 5;
    first.pcie_max_width = 16;
    Bridge upstream;
    upstream.address = "0000:41:00.0";
    upstream.generation = 3;
    upstream.width = 4;
    file.bridges = {upstream};
    return file;
  }
};

TEST_F(HostFilesTest, ACardIsFoundByBothSpellingsOfItsPath) {
  open(machine());
  const std::string card = "/sys/bus/pci/devices/0000:43:00.0";
  const std::string device =
      "/sys/devices/pci0000:40/0000:40:01.1/0000:41:00.0/0000:42:00.0/0000:43:00.0";
  EXPECT_EQ(real(card), device);
  EXPECT_EQ(real(device), device);
  EXPECT_EQ(real(card + "/vendor"), device + "/vendor");
  for (const std::string& path : {card, device}) {
    EXPECT_EQ(content(path + "/vendor"), "0x10de\n");
    EXPECT_EQ(content(path + "/device"), "0x2204\n");
    EXPECT_EQ(content(path + "/class"), "0x030200\n");
    EXPECT_EQ(content(path + "/numa_node"), "1\n");
    EXPECT_EQ(content(path + "/local_cpulist"), "16-31\n");
    EXPECT_EQ(content(path + "/current_link_width"), "8\n");
    EXPECT_EQ(content(path + "/max_link_speed"), "32.0 GT/s PCIe\n");
    EXPECT_EQ(content(path + "/max_link_width"), "16\n");
  }
  EXPECT_FALSE(present(card));  // a folder
  EXPECT_FALSE(present(card + "/no_such_file"));
  EXPECT_EQ(real("/sys/bus/pci/devices/0000:99:00.0"), "(none)");
}

TEST_F(HostFilesTest, AnIdleCardLowersItsLinkAndThePortAboveSeesIt) {
  open(machine());
  const std::string card = "/sys/bus/pci/devices/0000:43:00.0/current_link_speed";
  const std::string port = "/sys/bus/pci/devices/0000:42:00.0/current_link_speed";
  EXPECT_EQ(content(card), "2.5 GT/s PCIe\n");
  EXPECT_EQ(content(port), "2.5 GT/s PCIe\n");
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 1000), cudaSuccess);
  ASSERT_EQ(cudaMemset(memory, 0, 1000), cudaSuccess);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(content(card), "16.0 GT/s PCIe\n");
  EXPECT_EQ(content(port), "16.0 GT/s PCIe\n");
  peerbench_sim_spend(1'100'000'000);
  EXPECT_EQ(content(card), "2.5 GT/s PCIe\n");
}

TEST_F(HostFilesTest, PortsTellTheirLinkAndWhatTheyCouldDo) {
  open(machine());
  const std::string devices = "/sys/bus/pci/devices/";
  EXPECT_EQ(real(devices + "0000:41:00.0"), "/sys/devices/pci0000:40/0000:40:01.1/0000:41:00.0");
  EXPECT_EQ(content(devices + "0000:41:00.0/class"), "0x060400\n");
  // The switch is narrower than the root port, so the link between them is as the switch.
  for (const char* port : {"0000:40:01.1", "0000:41:00.0"}) {
    EXPECT_EQ(content(devices + port + "/current_link_speed"), "8.0 GT/s PCIe\n") << port;
    EXPECT_EQ(content(devices + port + "/current_link_width"), "4\n") << port;
  }
  EXPECT_EQ(content(devices + "0000:40:01.1/max_link_speed"), "16.0 GT/s PCIe\n");
  EXPECT_EQ(content(devices + "0000:40:01.1/max_link_width"), "8\n");
  EXPECT_EQ(content(devices + "0000:41:00.0/max_link_width"), "4\n");
}

TEST_F(HostFilesTest, ACardWithoutALinkHasNoLinkFiles) {
  open(machine());
  EXPECT_EQ(content("/sys/bus/pci/devices/0000:02:00.0/vendor"), "0x10de\n");
  EXPECT_EQ(content("/sys/bus/pci/devices/0000:02:00.0/numa_node"), "-1\n");
  EXPECT_FALSE(present("/sys/bus/pci/devices/0000:02:00.0/device"));
  EXPECT_FALSE(present("/sys/bus/pci/devices/0000:02:00.0/local_cpulist"));
  EXPECT_FALSE(present("/sys/bus/pci/devices/0000:02:00.0/current_link_speed"));
  MachineFile file = machine();
  file.gpus[1].in_pci = false;
  open(file);
  EXPECT_FALSE(present("/sys/bus/pci/devices/0000:02:00.0/vendor"));
}

/// Walks the list of extended capabilities as a reader of `config` does; 0: not there.
std::size_t find_capability(const std::string& config, unsigned id) {
  std::size_t at = 0x100;
  while (at != 0 && config.size() > at) {
    if (word_at(config, at) == id) return at;
    at = word_at(config, at + 2) >> 4;
  }
  return 0;
}

TEST_F(HostFilesTest, PortsTellWhetherTheyRedirectPeerRequests) {
  MachineFile file = machine();
  Bridge slot;
  slot.address = "0000:42:00.0";
  file.bridges.push_back(slot);
  const std::string path = "/sys/bus/pci/devices/0000:42:00.0/config";
  open(file);
  EXPECT_EQ(content(path).size(), 64u);
  EXPECT_EQ(byte_at(content(path), 0x0E), 1u);  // a bridge's header
  for (const bool on : {true, false}) {
    file.bridges.back().acs = on ? "on" : "off";
    open(file);
    const std::string config = content(path);
    ASSERT_EQ(config.size(), 4096u);
    const unsigned express = byte_at(config, 0x34);
    EXPECT_EQ(byte_at(config, express), 0x10u);
    EXPECT_EQ(byte_at(config, express + 2) >> 4, 6u);  // a switch's downstream port
    EXPECT_EQ(word_at(config, express + 12), 4u | 8u << 4);
    const std::size_t acs = find_capability(config, 0x000D);
    ASSERT_NE(acs, 0u);
    constexpr unsigned redirect = 1 << 2 | 1 << 3;  // requests, completions
    EXPECT_EQ(word_at(config, acs + 4) & redirect, redirect);
    EXPECT_EQ(word_at(config, acs + 6) & redirect, on ? redirect : 0);
  }
  const std::string root = content("/sys/bus/pci/devices/0000:40:01.1/config");
  EXPECT_EQ(root.size(), 64u);
}

TEST_F(HostFilesTest, IommuGroupsAreThereOnlyWithAnIommu) {
  MachineFile file = machine();
  const std::string first = "/sys/bus/pci/devices/0000:43:00.0/iommu_group";
  const std::string second = "/sys/bus/pci/devices/0000:02:00.0/iommu_group";
  open(file);
  EXPECT_EQ(real(first), "(none)");
  EXPECT_EQ(real("/sys/kernel/iommu_groups"), "(none)");
  file.host.iommu = "DMA-FQ";
  open(file);
  EXPECT_THAT(real(first), HasSubstr("/sys/kernel/iommu_groups/"));
  EXPECT_NE(real(first), real(second));
  EXPECT_EQ(content(real(first) + "/type"), "DMA-FQ\n");
  EXPECT_EQ(content(second + "/type"), "DMA-FQ\n");
  EXPECT_EQ(real("/sys/kernel/iommu_groups"), "/sys/kernel/iommu_groups");
  // A port that redirects keeps what lies below it apart; else it is one group with its root port.
  EXPECT_EQ(real(first), real("/sys/bus/pci/devices/0000:40:01.1/iommu_group"));
  Bridge slot;
  slot.address = "0000:42:00.0";
  slot.acs = "on";
  file.bridges.push_back(slot);
  open(file);
  EXPECT_NE(real(first), real("/sys/bus/pci/devices/0000:40:01.1/iommu_group"));
  EXPECT_EQ(real(real(first) + "/devices/0000:43:00.0"), real("/sys/bus/pci/devices/0000:43:00.0"));
}

TEST_F(HostFilesTest, APlainHostHasItsDriverAndItsName) {
  open(machine());
  EXPECT_THAT(content("/proc/version"), HasSubstr("Linux version 6.8.0 "));
  EXPECT_EQ(content("/proc/sys/kernel/osrelease"), "6.8.0\n");
  EXPECT_THAT(content("/proc/driver/nvidia/version"), HasSubstr("580.00"));
  EXPECT_TRUE(present("/dev/nvidiactl"));
  EXPECT_EQ(content("/sys/class/dmi/id/product_name"), "A Board\n");
  EXPECT_EQ(real("/sys/class/dmi/id/product_name"), "/sys/devices/virtual/dmi/id/product_name");
  for (const char* path : {"/dev/dxg", "/dev/nvhost-gpu", "/.dockerenv", "/etc/nv_tegra_release",
                           "/proc/device-tree/model"}) {
    EXPECT_FALSE(present(path)) << path;
  }
  MachineFile file = machine();
  file.driver_version = "";
  open(file);
  EXPECT_FALSE(present("/proc/driver/nvidia/version"));
  EXPECT_FALSE(present("/dev/nvidiactl"));
}

TEST_F(HostFilesTest, UnderWslTheCardsBelongToWindows) {
  MachineFile file = machine();
  file.host.wsl = true;
  open(file);
  EXPECT_EQ(content("/dev/dxg"), "");
  EXPECT_THAT(content("/proc/version"), HasSubstr("microsoft"));
  EXPECT_EQ(content("/proc/sys/kernel/osrelease"), "6.8.0-microsoft-standard-WSL2\n");
  peerbench_sim_host host{};
  ASSERT_EQ(peerbench_sim_host_topology(&host), 0);
  EXPECT_THAT(host.kernel, HasSubstr("microsoft"));
  EXPECT_FALSE(present("/proc/driver/nvidia/version"));
  EXPECT_FALSE(present("/dev/nvidiactl"));
  EXPECT_FALSE(present("/sys/bus/pci/devices/0000:43:00.0/vendor"));
}

TEST_F(HostFilesTest, AJetsonAndAContainerHaveTheirOwnFiles) {
  MachineFile file = machine();
  file.host.product_name = "";
  file.host.tegra_release = "# R36, REVISION: 4.0";
  file.host.device_tree_model = "NVIDIA Jetson AGX Orin Developer Kit";
  file.host.container = true;
  open(file);
  EXPECT_EQ(content("/etc/nv_tegra_release"), "# R36, REVISION: 4.0\n");
  EXPECT_EQ(content("/proc/device-tree/model"),
            std::string("NVIDIA Jetson AGX Orin Developer Kit") + '\0');
  EXPECT_TRUE(present("/dev/nvhost-gpu"));
  EXPECT_TRUE(present("/.dockerenv"));
  EXPECT_FALSE(present("/dev/nvidiactl"));
  EXPECT_FALSE(present("/proc/driver/nvidia/version"));
  EXPECT_FALSE(present("/sys/class/dmi/id/product_name"));
}

TEST_F(HostFilesTest, AShortBufferGetsTheBeginningAndTheWholeLength) {
  open(machine());
  char buffer[4] = {'x', 'x', 'x', 'x'};
  EXPECT_EQ(peerbench_sim_file("/sys/class/dmi/id/product_name", buffer, 3), 8);
  EXPECT_EQ(std::string(buffer, 4), "A Bx");
  close();
  EXPECT_EQ(peerbench_sim_file("/proc/version", buffer, sizeof buffer), -1);
  EXPECT_EQ(peerbench_sim_real_path("/proc/version", buffer, sizeof buffer), -1);
}

// What the kernel reads of it is all ones.
TEST_F(HostFilesTest, ACardThatFellOffTheBusHasNoLink) {
  MachineFile file = machine();
  file.faults = {{.kind = FaultKind::gpu_lost, .to = 0}};
  open(file);
  const std::string card = "/sys/bus/pci/devices/" + file.gpus[0].pci_bus_id;
  EXPECT_NE(content(card + "/current_link_width"), "63\n");
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 8), cudaSuccess);
  cudaMemset(memory, 0, 8);
  cudaDeviceSynchronize();
  EXPECT_EQ(content(card + "/current_link_speed"), "Unknown\n");
  EXPECT_EQ(content(card + "/current_link_width"), "63\n");
  EXPECT_NE(content("/sys/bus/pci/devices/" + file.gpus[1].pci_bus_id + "/current_link_speed"),
            "Unknown\n");
}

}  // namespace TEST_FILE
}  // namespace gpusim
