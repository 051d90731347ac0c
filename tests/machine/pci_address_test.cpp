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

}  // namespace TEST_FILE
}  // namespace peerbench::machine
