// SPDX-License-Identifier: Apache-2.0
#include "machine/peer_links.hpp"

#include <gtest/gtest.h>

#include "hand_made_signals.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

Signals bridged(int up, int down = 0) {
  Signals signals = discrete_machine(2, yes());
  add_links(signals.gpus[0], 1, up, down);
  add_links(signals.gpus[1], 0, up, down);
  return signals;
}

TEST(PeerLinks, BridgedPairCountsItsLinksBothWays) {
  const auto links = peer_links(bridged(4));
  ASSERT_EQ(links.size(), 2u);
  for (const PeerLink& link : links) {
    EXPECT_TRUE(is_yes(link.nvlink.value));
    EXPECT_EQ(link.links_up, 4);
    EXPECT_EQ(link.links_present, 4);
    EXPECT_EQ(link.nvlink_version, "3.1");
    EXPECT_DOUBLE_EQ(link.raw_gbs_per_link.value(), 14.062);
  }
  EXPECT_EQ(links[1].from, 1);
  EXPECT_EQ(links[1].to, 0);
}

TEST(PeerLinks, ALinkThatIsDownIsPresentButNotUp) {
  const auto links = peer_links(bridged(3, 1));
  EXPECT_EQ(links[0].links_up, 3);
  EXPECT_EQ(links[0].links_present, 4);
  const auto none = peer_links(bridged(0, 4));
  EXPECT_TRUE(is_no(none[0].nvlink.value));
  EXPECT_EQ(none[0].links_up, 0);
  EXPECT_EQ(none[0].links_present, 4);
  EXPECT_FALSE(none[0].raw_gbs_per_link.has_value());
}

TEST(PeerLinks, LinksToAnotherPairAreNotCounted) {
  Signals signals = discrete_machine(4, yes());
  add_links(signals.gpus[0], 1, 12);
  add_links(signals.gpus[1], 0, 12);
  add_links(signals.gpus[2], 3, 12);
  add_links(signals.gpus[3], 2, 12);
  for (const PeerLink& link : peer_links(signals)) {
    const bool pair = link.from / 2 == link.to / 2;
    EXPECT_EQ(link.links_up, pair ? 12 : 0) << link.from << " to " << link.to;
    EXPECT_EQ(link.nvlink.value, tri(pair));
  }
}

TEST(PeerLinks, SwitchLinksJoinEveryPairByTheSmallerCount) {
  Signals signals = discrete_machine(3, yes());
  add_switch_links(signals.gpus[0], 18);
  add_switch_links(signals.gpus[1], 12);
  const auto links = peer_links(signals);
  EXPECT_EQ(links[0].links_up, 12);  // 0 to 1
  EXPECT_EQ(links[1].links_up, 0);   // 0 to 2, which has no links
  EXPECT_TRUE(is_no(links[1].nvlink.value));
  EXPECT_DOUBLE_EQ(links[0].raw_gbs_per_link.value(), 26.562);
}

TEST(PeerLinks, LinksWithoutPeerCapabilityDoNotCount) {
  Signals signals = bridged(2);
  for (NvlinkPort& port : signals.gpus[0].ports) port.peer_capable = no();
  EXPECT_EQ(peer_links(signals)[0].links_up, 0);
  for (NvlinkPort& port : signals.gpus[0].ports) port.peer_capable = unknown("FUNCTION_NOT_FOUND");
  EXPECT_EQ(peer_links(signals)[0].links_up, 2);
}

TEST(PeerLinks, ALinkThatCannotBeFollowedMakesThePairUnknown) {
  Signals signals = bridged(1);
  signals.gpus[0].ports[0].remote = NvlinkPort::Remote::unknown;
  const auto links = peer_links(signals);
  EXPECT_EQ(links[0].nvlink.value, Tri::unknown);
  EXPECT_FALSE(links[0].links_up.has_value());
  EXPECT_TRUE(is_yes(links[1].nvlink.value));
}

TEST(PeerLinks, WithoutNvmlNothingIsCounted) {
  Signals signals = bridged(4);
  forget_nvml(signals);
  const auto links = peer_links(signals);
  EXPECT_EQ(links[0].nvlink.value, Tri::unknown);
  EXPECT_FALSE(links[0].links_up.has_value());
  EXPECT_FALSE(links[0].links_present.has_value());
}

TEST(PeerLinks, TheSlowestLinkOfABundleCounts) {
  Signals signals = bridged(2);
  signals.gpus[0].ports[1].mbps = 12000;
  EXPECT_DOUBLE_EQ(peer_links(signals)[0].raw_gbs_per_link.value(), 12.0);
}

TEST(PeerLinks, VersionNumbersAreNoVersions) {
  EXPECT_EQ(nvlink_version_text(1), "1.0");
  EXPECT_EQ(nvlink_version_text(3), "2.2");
  EXPECT_EQ(nvlink_version_text(7), "5.0");
  EXPECT_EQ(nvlink_version_text(0), "");
  EXPECT_EQ(nvlink_version_text(99), "");
  EXPECT_EQ(nvlink_version_text(-1), "");
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
