// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include <gtest/gtest.h>

namespace peerbench {
namespace TEST_FILE {

TEST(Units, SizesAreBinaryAndRatesAreDecimal) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(256 * MiB), "256 MiB");
  EXPECT_EQ(format_bytes(GiB + GiB / 2), "1.5 GiB");
  EXPECT_DOUBLE_EQ(gigabytes_per_second(2e9, 0.5), 4.0);
}

TEST(Units, SizesAreReadInAnyCase) {
  EXPECT_EQ(parse_bytes("4096").value(), 4096u);
  EXPECT_EQ(parse_bytes("64MiB").value(), 64 * MiB);
  EXPECT_EQ(parse_bytes("64 mib").value(), 64 * MiB);
  EXPECT_EQ(parse_bytes("1G").value(), GiB);
}

TEST(Units, AnythingElseIsRefusedByName) {
  for (const char* text : {"", "MiB", "64MB", "-1", "1.5GiB", "99999999999999G"}) {
    const auto size = parse_bytes(text);
    ASSERT_FALSE(size.has_value()) << text;
    EXPECT_EQ(size.error().kind, ErrorKind::usage);
    EXPECT_NE(size.error().message.find(std::string("'") + text + "'"), std::string::npos);
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench
