// SPDX-License-Identifier: Apache-2.0
// What a virtual machine's PCI tree claims makes no ceiling.
#include "machine/virtual_ports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"
#include "machine/pcie.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr PcieSpeed h100{5, 16};

/// An H100 below a port that claims `claimed`.
Signals guest(PcieSpeed claimed, const char* device_id = "1b36:000c") {
  Signals signals = discrete_machine(1, no());
  PciPort root = port("0000:00:02.0", claimed);
  root.device_id = device_id;
  root.acs_redirect = no("ACS control 0");
  add_pci(signals.gpus[0], "pci0000:00", {root, port("0000:01:00.0", h100)});
  signals.gpus[0].pcie_current = h100;
  signals.iommu = no("no groups");
  return signals;
}

double ceiling(const Signals& signals) {
  return describe(signals).gpus.at(0).pcie.ceiling.value_or(Ceiling{}).gbs;
}

TEST(VirtualPorts, AnEmulatedRootPortBindsNothing) {
  for (const PcieSpeed claimed : {PcieSpeed{4, 32}, PcieSpeed{1, 1}}) {
    EXPECT_NEAR(ceiling(guest(claimed)), 63.02, 0.01) << pcie_text(claimed);
    EXPECT_THAT(describe(guest(claimed)).findings, IsEmpty());
  }
}

TEST(VirtualPorts, InAVirtualMachineNoPortIsBelievedWhoeverMakesIt) {
  Signals signals = guest({4, 32}, "8086:3420");
  signals.gpus[0].pcie_current = PcieSpeed{1, 16};  // it rests
  EXPECT_NEAR(ceiling(signals), 31.51, 0.01) << "a port like any other";
  signals.virtual_machine = yes("CPU flag hypervisor");
  EXPECT_NEAR(ceiling(signals), 63.02, 0.01);
  const Machine machine = describe(signals);
  EXPECT_THAT(machine.acs_redirect.raw, HasSubstr("a virtual machine's"));
  EXPECT_EQ(machine.acs_redirect.value, Tri::unknown);
  EXPECT_THAT(machine.iommu.raw, HasSubstr("of the virtual machine"));
}

TEST(VirtualPorts, APortThatIsSlowerThanItsCardRunsIsWrong) {
  EXPECT_NEAR(ceiling(guest({3, 16}, "8086:4c01")), 63.02, 0.01);
  // A slot that is slower than the card could be is not.
  Signals slow = guest({3, 16}, "8086:4c01");
  slow.gpus[0].pcie_current = PcieSpeed{3, 16};
  EXPECT_NEAR(ceiling(slow), 15.75, 0.01);
}

TEST(VirtualPorts, ASwitchWithALesserUplinkIsReal) {
  Signals signals = discrete_machine(1, no());
  add_pci(signals.gpus[0], "pci0000:00",
          {port("0000:00:01.0", {3, 8}), port("0000:01:00.0", {3, 8}),
           port("0000:02:00.0", {4, 16}), port("0000:03:00.0", {4, 16})});
  signals.gpus[0].pcie_current = PcieSpeed{4, 16};
  EXPECT_NEAR(ceiling(signals), 7.88, 0.01);
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
