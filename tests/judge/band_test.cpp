// SPDX-License-Identifier: Apache-2.0
#include "judge/band.hpp"
#include "../result/sample_cells.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "judge/judge.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

constexpr const char* ada = "NVIDIA RTX 6000 Ada Generation";

/// Two cards of one model, without NVLink, in slots of PCIe 4.0 x16.
machine::Machine pcie_pair(const std::string& model) {
  machine::Machine machine;
  for (const int i : {0, 1}) {
    machine::Gpu gpu;
    gpu.ordinal = i;
    gpu.model = model;
    gpu.pcie.narrowest = machine::PcieSpeed{4, 16};
    machine.gpus.push_back(gpu);
    machine::PeerLink link;
    link.from = i;
    link.to = 1 - i;
    link.nvlink = {Tri::no, "0 links"};
    machine.links.push_back(link);
  }
  return machine;
}

void bridge(machine::Machine& machine, int links) {
  for (auto& link : machine.links) {
    link.nvlink = {Tri::yes, "up"};
    link.links_up = links;
  }
}

result::Cell copy(const std::string& kind, const std::string& direction = "uni") {
  result::Cell cell;
  rename(cell, "peer/ce/" + kind + "/" + direction + "/gpu0-gpu1/bytes:268435456");
  cell.status = result::Status::ok;
  cell.counts = result::Counts::one_way;
  cell.median = 20;
  return cell;
}

TEST(BandRows, AreWholeAndSayWhereTheyComeFrom) {
  ASSERT_GT(band_rows().size(), 40u);
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const BandRow& row : band_rows()) {
    EXPECT_GT(row.band.low, 0) << row.model << row.what;
    EXPECT_LE(row.band.low, row.band.high) << row.model << row.what;
    EXPECT_TRUE(row.band.source.starts_with("https://")) << row.model << row.what;
    EXPECT_TRUE(seen.insert({row.model, row.link, row.what}).second) << row.model << row.what;
  }
}

TEST(Band, IsThatOfTheSameCardsLinkAndWay) {
  const auto machine = pcie_pair(ada);
  ASSERT_TRUE(band_for(machine, copy("push")));
  EXPECT_DOUBLE_EQ(band_for(machine, copy("push"))->low, 26.31);
  EXPECT_DOUBLE_EQ(band_for(machine, copy("push"))->high, 27.02);
  EXPECT_DOUBLE_EQ(band_for(machine, copy("staged"))->high, 22.27);
  EXPECT_DOUBLE_EQ(band_for(machine, copy("push", "bi"))->high, 52.11);
  EXPECT_FALSE(band_for(machine, copy("pull"))) << "nobody measured it";
}

TEST(Band, NeedsTheExactNameOfBothCards) {
  EXPECT_FALSE(band_for(pcie_pair("NVIDIA RTX 6000 Ada"), copy("push")));
  EXPECT_FALSE(band_for(pcie_pair(""), copy("push")));
  auto machine = pcie_pair(ada);
  machine.gpus[1].model = "NVIDIA GeForce RTX 4090";
  EXPECT_FALSE(band_for(machine, copy("push")));
}

TEST(Band, NeedsTheSameLink) {
  auto machine = pcie_pair(ada);
  machine.gpus[1].pcie.narrowest = machine::PcieSpeed{4, 8};
  EXPECT_FALSE(band_for(machine, copy("push"))) << "one of the slots is narrow";
  machine = pcie_pair(ada);
  machine.gpus[0].pcie.under_load = machine.gpus[1].pcie.under_load = machine::PcieSpeed{3, 16};
  EXPECT_FALSE(band_for(machine, copy("staged"))) << "as it ran, not as it could";
  machine = pcie_pair(ada);
  machine.links[0].nvlink = {Tri::unknown, "NVML not found"};
  EXPECT_FALSE(band_for(machine, copy("push"))) << "what joins them is not known";

  machine = pcie_pair("NVIDIA RTX A6000");
  bridge(machine, 4);
  ASSERT_TRUE(band_for(machine, copy("push", "bi")));
  EXPECT_DOUBLE_EQ(band_for(machine, copy("push", "bi"))->low, 102.05);
  bridge(machine, 3);
  EXPECT_FALSE(band_for(machine, copy("push", "bi"))) << "a link is down";
}

TEST(Band, IsOfLargeCopiesByTheCopyEngine) {
  const auto machine = pcie_pair(ada);
  auto cell = copy("push");
  rekey(cell, [](auto& key) { key.engine = result::Engine::sm; });
  EXPECT_FALSE(band_for(machine, cell));
  cell = copy("push");
  rekey(cell, [](auto& key) { key.bytes = MiB; });
  EXPECT_FALSE(band_for(machine, cell));
}

TEST(Band, OfCopiesWithinACard) {
  auto cell = copy("push");
  rename(cell, "pool/ce/copy/gpu0/device/bytes:268435456");
  cell.counts = result::Counts::traffic;
  ASSERT_TRUE(band_for(pcie_pair(ada), cell));
  EXPECT_DOUBLE_EQ(band_for(pcie_pair(ada), cell)->low, 804.35);
  rekey(cell, [](auto& key) { key.op = result::Op::read; });
  EXPECT_FALSE(band_for(pcie_pair(ada), cell));
}

TEST(Band, ChangesNoVerdict) {
  auto named = copy("staged"), other = copy("staged");
  judge(named, pcie_pair(ada));
  judge(other, pcie_pair("a GPU"));
  EXPECT_TRUE(named.band);
  EXPECT_FALSE(other.band);
  EXPECT_EQ(named.verdict, other.verdict);
  EXPECT_EQ(named.verdict_reason, other.verdict_reason);
  named.status = result::Status::corrupt;
  judge(named, pcie_pair(ada));
  EXPECT_FALSE(named.band) << "no figure, nothing to hold it against";
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
