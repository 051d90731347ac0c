// SPDX-License-Identifier: Apache-2.0
#include "machine/findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

auto finding(FindingCode code, const std::string& what, const std::string& advice) {
  return AllOf(Field(&Finding::code, code), Field(&Finding::what, HasSubstr(what)),
               Field(&Finding::advice, HasSubstr(advice)));
}

std::vector<Finding> found(const Signals& signals) { return describe(signals).findings; }

Signals bridged(int up, int down = 0) {
  Signals signals = discrete_machine(2, yes());
  add_links(signals.gpus[0], 1, up, down);
  add_links(signals.gpus[1], 0, up, down);
  return signals;
}

TEST(Findings, HealthyMachinesHaveNone) {
  EXPECT_THAT(found(bridged(4)), IsEmpty());
  EXPECT_THAT(found(spark()), IsEmpty());
  EXPECT_THAT(found(grace_hopper(2)), IsEmpty());
  EXPECT_THAT(found(discrete_machine(2, yes())), IsEmpty());
  Signals switched = discrete_machine(8, yes());
  for (GpuSignals& gpu : switched.gpus) add_switch_links(gpu, 18);
  EXPECT_THAT(found(switched), IsEmpty());
}

TEST(Findings, AHalfSeatedBridge) {
  EXPECT_THAT(found(bridged(3, 1)), ElementsAre(finding(FindingCode::nvlinks_partly_down,
                                                        "gpu0 <-> gpu1: only 3 of 4 NVLinks are up",
                                                        "reseat the bridge")));
  // Also beside a third card that has no bridge.
  Signals three = discrete_machine(3, yes());
  add_links(three.gpus[0], 1, 3, 1);
  add_links(three.gpus[1], 0, 3, 1);
  add_links(three.gpus[2], 0, 0, 4);
  EXPECT_THAT(found(three), Contains(finding(FindingCode::nvlinks_partly_down,
                                             "gpu0 <-> gpu1: only 3 of 4", "reseat")));
}

TEST(Findings, PortsThatNoBridgeReachesAreNotDown) {
  // Two H100 PCIe with all three bridges: 12 of 18 ports are wired.
  Signals signals = bridged(12, 6);
  for (GpuSignals& gpu : signals.gpus) {
    for (NvlinkPort& port : gpu.ports) {
      if (is_yes(port.up.value)) port.version = 6;
    }
  }
  EXPECT_THAT(found(signals), IsEmpty());
  Signals two_bridges = bridged(8, 10);
  for (GpuSignals& gpu : two_bridges.gpus) {
    for (NvlinkPort& port : gpu.ports) {
      if (is_yes(port.up.value)) port.version = 6;
    }
  }
  EXPECT_THAT(found(two_bridges),
              ElementsAre(finding(FindingCode::nvlinks_partly_down, "only 8 of 12", "reseat")));
}

TEST(Findings, LinksThatAreAllDown) {
  EXPECT_THAT(found(bridged(0, 4)),
              ElementsAre(finding(FindingCode::nvlinks_all_down, "all down",
                                  "without a bridge or a switch that is normal")));
}

TEST(Findings, LinksUpButRefused) {
  Signals signals = bridged(4);
  for (PairSignals& pair : signals.pairs) pair.can_access = no();
  EXPECT_THAT(found(signals), ElementsAre(finding(FindingCode::nvlink_refused,
                                                  "offers no peer access", "fabricmanager")));
}

TEST(Findings, OneCardOfASwitchWithFewerLinks) {
  Signals signals = discrete_machine(4, yes());
  for (GpuSignals& gpu : signals.gpus) {
    add_switch_links(gpu, gpu.gpu.ordinal == 2 ? 17 : 18);
  }
  EXPECT_THAT(found(signals),
              Contains(finding(FindingCode::nvlinks_uneven,
                               "gpu2 has 17 NVLinks up of the 18 that the board wires", "Xid 74")));
}

/// Four modules of a mesh: two links to each of the three others, and what is taken away.
Signals mesh(std::vector<std::pair<int, int>> lost) {
  Signals signals = discrete_machine(4, yes());
  for (GpuSignals& gpu : signals.gpus) {
    gpu.pci_device_id = "10de:1db5";
    const int self = gpu.gpu.ordinal;
    for (int peer = 0; peer < 4; ++peer) {
      if (peer == self) continue;
      const auto down =
          std::ranges::count(lost, std::pair{std::min(self, peer), std::max(self, peer)});
      add_links(gpu, peer, 2 - static_cast<int>(down), static_cast<int>(down));
      for (NvlinkPort& port : gpu.ports) port.version = 2;
    }
  }
  return signals;
}

TEST(Findings, AMeshWithLinksDown) {
  EXPECT_THAT(found(mesh({})), IsEmpty());
  // Where they lead follows: gpu3 misses as many as gpu0 and gpu1 together.
  EXPECT_THAT(found(mesh({{0, 3}, {1, 3}, {1, 3}})),
              UnorderedElementsAre(
                  finding(FindingCode::nvlinks_partly_down, "gpu0 <-> gpu3: only 1 of 2", "Xid 74"),
                  finding(FindingCode::nvlinks_partly_down,
                          "gpu1 <-> gpu3: all 2 NVLinks between them are down", "Xid 74"),
                  finding(FindingCode::nvlinks_uneven,
                          "gpu0 has 5 NVLinks up of the 6 that the board wires", "Xid"),
                  finding(FindingCode::nvlinks_uneven,
                          "gpu1 has 4 NVLinks up of the 6 that the board wires", "Xid"),
                  finding(FindingCode::nvlinks_uneven,
                          "gpu3 has 3 NVLinks up of the 6 that the board wires", "Xid")));
  // Of four that miss one each nobody can say which are joined.
  EXPECT_THAT(found(mesh({{0, 1}, {2, 3}, {0, 2}})),
              ElementsAre(finding(FindingCode::nvlinks_uneven,
                                  "gpu0, gpu2 have 4 NVLinks up of the 5", "Xid")));
}

TEST(Findings, ModulesWhoseEveryLinkIsDown) {
  Signals signals = discrete_machine(3, yes());
  for (GpuSignals& gpu : signals.gpus) {
    gpu.pci_device_id = "10de:2330";
    add_links(gpu, 0, 0, 18);
  }
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::nvlink_modules_down,
                                  "gpu0, gpu1, gpu2: modules that their baseboard joins by NVLink, "
                                  "and none of the 18 links",
                                  "nvidia-fabricmanager")));
  EXPECT_EQ(found(signals)[0].severity, Severity::warning);
  // A driver that was told to leave NVLink alone shows no link at all.
  for (GpuSignals& gpu : signals.gpus) {
    gpu.ports.clear();
    gpu.nvlinks_asked = no("NVML_ERROR_NOT_SUPPORTED");
  }
  EXPECT_THAT(found(signals), ElementsAre(finding(FindingCode::nvlink_modules_down, "no link",
                                                  "NVreg_NvLinkDisable")));
  // One module has nobody to talk to; what could not be asked is not down.
  EXPECT_THAT(found([] {
                Signals one = discrete_machine(1, no());
                one.gpus[0].pci_device_id = "10de:2330";
                return one;
              }()),
              IsEmpty());
  for (GpuSignals& gpu : signals.gpus) gpu.nvlinks_asked = unknown("NVML_ERROR_UNKNOWN");
  EXPECT_THAT(found(signals), IsEmpty());
}

TEST(Findings, EachPortToASwitchCouldBeUp) {
  Signals signals = discrete_machine(2, yes());
  for (GpuSignals& gpu : signals.gpus) {
    add_switch_links(gpu, 17);
    add_links(gpu, 0, 0, 1);
  }
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::nvlinks_uneven,
                                  "gpu0, gpu1 have 17 NVLinks up of the 18 that", "Xid 74")));
}

TEST(Findings, OneModuleOfSeveralInTheDark) {
  Signals signals = discrete_machine(3, yes());
  for (GpuSignals& gpu : signals.gpus) {
    gpu.pci_device_id = "10de:2330";
    if (gpu.gpu.ordinal == 1) {
      add_links(gpu, 0, 0, 18);
    } else {
      add_switch_links(gpu, 18);
    }
  }
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::nvlinks_uneven,
                                  "gpu1 has 0 NVLinks up of the 18 that the board wires", "")));
}

TEST(Findings, CardsWithoutABridgeAreNormal) {
  Signals signals = discrete_machine(3, yes());
  for (GpuSignals& gpu : signals.gpus) add_links(gpu, 0, 0, 4);
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::nvlinks_all_down, "gpu0, gpu1, gpu2", "normal")));
  EXPECT_EQ(found(signals)[0].severity, Severity::info);
  // Nor is it odd that the third card of two with a bridge has none.
  Signals three = discrete_machine(3, yes());
  add_links(three.gpus[0], 1, 4);
  add_links(three.gpus[1], 0, 4);
  add_links(three.gpus[2], 0, 0, 4);
  EXPECT_THAT(found(three), ElementsAre(finding(FindingCode::nvlinks_all_down, "gpu2", "normal")));
}

TEST(Findings, UnderWsl2NoLinkIsNoAnswer) {
  for (const int down : {0, 4}) {
    Signals signals = bridged(0, down);
    signals.wsl = yes("/dev/dxg exists");
    const Machine machine = describe(signals);
    EXPECT_EQ(machine.machine_class, Class::discrete_unknown_link);
    EXPECT_THAT(machine.reason, HasSubstr("WSL 2"));
    EXPECT_THAT(machine.findings, IsEmpty());
    for (const PeerLink& link : machine.links) EXPECT_EQ(link.nvlink.value, Tri::unknown);
    EXPECT_FALSE(machine.gpus[0].nvlinks_up.has_value());
  }
  // Links that NVML does show there are believed.
  Signals shown = bridged(4);
  shown.wsl = yes("/dev/dxg exists");
  EXPECT_EQ(describe(shown).machine_class, Class::discrete_nvlink);
}

TEST(Findings, AccessInOneDirectionOnly) {
  Signals signals = bridged(4);
  signals.pairs[0].can_access = no();
  EXPECT_THAT(found(signals), Contains(finding(FindingCode::peer_access_one_sided,
                                               "in one direction only", "--save-signals")));
}

TEST(Findings, CudaAndNvmlDisagree) {
  Signals signals = discrete_machine(2, yes());
  for (PairSignals& pair : signals.pairs) pair.allowed.read = pair.allowed.write = no("GNS");
  EXPECT_THAT(found(signals), ElementsAre(finding(FindingCode::peer_access_disputed,
                                                  "gpu0 <-> gpu1 (GNS)", "verified copies")));
}

TEST(Findings, SlotsAndLanes) {
  Signals signals = discrete_machine(1, no());
  GpuSignals& gpu = signals.gpus[0];
  add_pci(gpu, "pci0000:00", {port("0000:00:01.1", {4, 16}), port("0000:01:00.0", {4, 16})});
  EXPECT_THAT(found(signals), IsEmpty());
  gpu.pci_path[1].current = PcieSpeed{1, 16};  // idle, not odd
  EXPECT_THAT(found(signals), IsEmpty());
  for (PciPort& end : gpu.pci_path) end.current = PcieSpeed{4, 4};
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::pcie_lanes_low,
                                  "runs on 4 PCIe lanes, card and slot could use 16", "reseat")));
  gpu.pci_path[0] = port("0000:00:01.1", {4, 4});
  EXPECT_THAT(found(signals), ElementsAre(finding(FindingCode::pcie_slot_narrow, "its slot has 4",
                                                  "a slot with all lanes")));
  add_pci(gpu, "pci0000:00",
          {port("0000:00:01.1", {3, 4}), port("0000:01:00.0", {4, 16}),
           port("0000:02:00.0", {4, 16}), port("0000:03:00.0", {4, 16})});
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::pcie_path_narrow,
                                  "narrows to PCIe 3.0 x4 below 0000:00:01.1", "share it")));
}

TEST(Findings, TheNarrowestPointOfAPathComesFirst) {
  Signals signals = discrete_machine(3, yes());
  const PcieSpeed card{4, 16}, slot{4, 8}, chipset{4, 4};
  for (GpuSignals& gpu : signals.gpus) {
    const std::string root = "0000:00:0" + std::to_string(gpu.gpu.ordinal + 1) + ".0";
    const std::string own = gpu.gpu.pci_bus_id;
    if (gpu.gpu.ordinal == 2) {
      add_pci(gpu, "pci0000:00",
              {port(root, chipset), port("0000:10:00.0", chipset), port("0000:11:00.0", slot),
               port(own, card)});
    } else {
      add_pci(gpu, "pci0000:00", {port(root, slot), port(own, card)});
    }
    gpu.pci_path.back().current = slot;
  }
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::pcie_path_narrow,
                                  "gpu2: the way to the host narrows to PCIe 4.0 x4 below "
                                  "0000:00:03.0",
                                  "share it"),
                          finding(FindingCode::pcie_slot_narrow,
                                  "gpu0, gpu1, gpu2 can use 16 PCIe lanes, their slots have 8",
                                  "all lanes")));
}

TEST(Findings, HiddenGpusAreCounted) {
  Signals signals = discrete_machine(1, no());
  signals.nvml_count = 2;
  signals.cuda_visible_devices = "0";
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::gpus_hidden_by_environment,
                                  "1 GPU of this machine is hidden from this process "
                                  "by CUDA_VISIBLE_DEVICES=\"0\"",
                                  "unset it")));
  signals.cuda_visible_devices.reset();
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::gpus_unseen_by_cuda, "hidden", "compute mode")));
}

TEST(Findings, NvmlAnswersButCudaDoesNotStart) {
  Signals signals;
  signals.cuda_error = "cudaErrorInsufficientDriver";
  signals.nvml = yes("NVML_SUCCESS");
  signals.nvml_count = 2;
  EXPECT_THAT(found(signals),
              ElementsAre(finding(FindingCode::gpus_without_cuda,
                                  "CUDA does not start (cudaErrorInsufficientDriver)", "dmesg")));
}

TEST(Findings, WithoutNvml) {
  Signals signals = discrete_machine(2, yes());
  forget_nvml(signals);
  EXPECT_THAT(found(signals), ElementsAre(finding(FindingCode::nvml_missing, "NVML cannot be asked",
                                                  "comes with the driver")));
  signals.container = yes("/.dockerenv exists");
  EXPECT_THAT(found(signals), ElementsAre(finding(FindingCode::nvml_missing_in_container,
                                                  "NVML cannot be asked", "compute,utility")));
}

TEST(Findings, RedirectedPeerTraffic) {
  Signals signals = discrete_machine(2, yes());
  signals.iommu = yes("type DMA-FQ");
  for (int i = 0; i < 2; ++i) {
    PciPort root = port("0000:00:01." + std::to_string(i), {4, 16});
    root.acs_redirect = yes("ACS control 0x001d");
    add_pci(signals.gpus[static_cast<std::size_t>(i)], "pci0000:00",
            {root, port(signals.gpus[static_cast<std::size_t>(i)].gpu.pci_bus_id, {4, 16})});
  }
  EXPECT_THAT(
      found(signals),
      ElementsAre(finding(FindingCode::acs_redirects_peers, "(ACS)", "switch ACS redirection off"),
                  finding(FindingCode::iommu_translates, "the IOMMU translates device addresses",
                          "iommu=pt")));
  // Over NVLink, or with an IOMMU that maps addresses as they are, it does not matter.
  signals.iommu = yes("type identity");
  add_links(signals.gpus[0], 1, 4);
  add_links(signals.gpus[1], 0, 4);
  for (GpuSignals& gpu : signals.gpus) {
    for (NvlinkPort& link : gpu.ports) {
      link.remote_pci = signals.gpus[gpu.gpu.ordinal == 0 ? 1 : 0].gpu.pci_bus_id;
    }
  }
  EXPECT_THAT(found(signals), IsEmpty());
}

TEST(Findings, ALinkThatStaysSlowUnderLoad) {
  Signals signals = discrete_machine(1, no());
  add_pci(signals.gpus[0], "pci0000:00",
          {port("0000:00:01.1", {4, 16}), port("0000:01:00.0", {4, 16})});
  Machine machine = describe(signals);
  EXPECT_THAT(findings_under_load(machine), IsEmpty());
  machine.gpus[0].pcie.under_load = PcieSpeed{4, 16};
  EXPECT_THAT(findings_under_load(machine), IsEmpty());
  machine.gpus[0].pcie.under_load = PcieSpeed{3, 16};
  EXPECT_THAT(findings_under_load(machine),
              ElementsAre(finding(FindingCode::pcie_generation_low,
                                  "stayed at PCIe generation 3 while copying", "risers")));
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
