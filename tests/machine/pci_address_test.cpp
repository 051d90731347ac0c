// SPDX-License-Identifier: Apache-2.0
#include "machine/pci_address.hpp"

#include <gtest/gtest.h>

namespace peerbench::machine {
namespace TEST_FILE {

TEST(PciAddress, SpellingsOfOneDeviceBecomeOne) {
  EXPECT_EQ(canonical_pci("00000000:0A:00.0"), "0000:0a:00.0");
  EXPECT_EQ(canonical_pci("0000:0A:00.0"), "0000:0a:00.0");
  EXPECT_EQ(canonical_pci("0:a:0"), "0000:0a:00.0");
  EXPECT_EQ(canonical_pci("0000000F:01:00.0"), canonical_pci("000f:01:00.0"));
  EXPECT_EQ(canonical_pci("00010000:01:00.0"), "10000:01:00.0");
}

TEST(PciAddress, SwitchesAndNonsenseHaveNone) {
  EXPECT_EQ(canonical_pci("FFFFFFFF:FF:FF.0"), "");
  EXPECT_EQ(canonical_pci("fffffff:ffff:ff"), "");
  EXPECT_EQ(canonical_pci(""), "");
  EXPECT_EQ(canonical_pci("GPU-1234"), "");
}

TEST(PciAddress, PeopleLeaveAwayWhatIsClear) {
  const std::string address = "0001:0a:00.0";
  for (const char* const same : {"0001:0a:00.0", "1:A:0.0", "0a:00.0", "0A:00", "0001:0a:00"}) {
    EXPECT_TRUE(is_pci_address(same) && same_pci(same, address)) << same;
  }
  for (const char* const other : {"0000:0a:00.0", "0b:00.0", "0a:01.0", "0a:00.1"}) {
    EXPECT_TRUE(is_pci_address(other)) << other;
    EXPECT_FALSE(same_pci(other, address)) << other;
  }
  for (const char* const none : {"", "10", "0a:00.8", "0a:00.0 ", "GPU-0a", "0:1:2:3", "0a:000"}) {
    EXPECT_FALSE(is_pci_address(none)) << none;
  }
  EXPECT_FALSE(same_pci("0a:00.0", "")) << "an address that is not known";
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
