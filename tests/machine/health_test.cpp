// SPDX-License-Identifier: Apache-2.0
#include "machine/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

GpuErrors one_link(Count crc_data, Count replays, Count pcie = 0) {
  LinkErrors link;
  link.link = 2;
  link.crc_data = crc_data;
  link.replays = replays;
  return {.ordinal = 0, .links = {link}, .pcie_replays = pcie};
}

TEST(Health, WhatACounterMovedBy) {
  const auto gone = moved({one_link(100, 7, 3)}, {one_link(114, 7, 5)});
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].links.at(0).crc_data, Count(14));
  EXPECT_EQ(gone[0].links.at(0).replays, Count(0));
  EXPECT_EQ(gone[0].pcie_replays, Count(2));
  EXPECT_EQ(gone[0].links.at(0).recoveries, Count()) << "never known, so not 0";
}

TEST(Health, ACounterThatWentBackOrAppearedIsUnknown) {
  const auto gone = moved({one_link(100, {}, 9)}, {one_link(3, 5, {})});
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].links.at(0).crc_data, Count());
  EXPECT_EQ(gone[0].links.at(0).replays, Count());
  EXPECT_EQ(gone[0].pcie_replays, Count());
  EXPECT_THAT(error_findings(gone), IsEmpty());
}

TEST(Health, GpusAndLinksOfOnlyOneSideAreLeftOut) {
  GpuErrors other = one_link(5, 5);
  other.ordinal = 1;
  EXPECT_THAT(moved({one_link(1, 1)}, {other}), IsEmpty());
  GpuErrors shifted = one_link(5, 5);
  shifted.links[0].link = 3;
  EXPECT_THAT(moved({one_link(1, 1)}, {shifted}).at(0).links, IsEmpty());
}

TEST(Health, TrafficMoves) {
  const auto gone = moved({{0, 1000, 50}, {1, {}, 10}}, {{0, 5096, 40}, {1, 7, 2058}});
  ASSERT_EQ(gone.size(), 2u);
  EXPECT_EQ(gone[0].sent, Count(4096));
  EXPECT_EQ(gone[0].received, Count());
  EXPECT_EQ(gone[1].sent, Count());
  EXPECT_EQ(gone[1].received, Count(2048));
}

TEST(Health, EachKindOfErrorIsNamed) {
  EXPECT_THAT(error_findings({one_link(0, 0)}), IsEmpty());
  EXPECT_THAT(error_findings({one_link({}, {}, {})}), IsEmpty());
  GpuErrors gpu = one_link(14, 1, 1);
  gpu.ordinal = 3;
  LinkErrors second;
  second.link = 5;
  second.crc_flit = 1;
  second.crc = 2;
  second.packets = 3;
  second.recoveries = 4;
  gpu.links.push_back(second);
  const auto found = error_findings({gpu});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0].what,
              HasSubstr("gpu3 link 2: 14 CRC errors in data, 1 replay; link 5: 1 CRC error in flow "
                        "control, 2 CRC errors, 3 packets with errors, 4 recoveries during this "
                        "run"));
  EXPECT_THAT(found[0].advice, HasSubstr("reseat the NVLink bridge"));
  EXPECT_THAT(found[1].what, HasSubstr("gpu3 counted 1 PCIe replay during"));
  EXPECT_THAT(found[1].advice, HasSubstr("riser"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
