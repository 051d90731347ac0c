// SPDX-License-Identifier: Apache-2.0
#include "judge/peers.hpp"
#include "../result/sample_cells.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../result/sample_runs.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using machine::pair_subject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Copies between `count` GPUs, each to each, all at 400 GB/s.
result::Run mesh(int count) {
  result::Run run;
  result::add_gpus(run, count, "NVIDIA H100 80GB HBM3");
  for (int src = 0; src < count; ++src) {
    for (int dst = 0; dst < count; ++dst) {
      if (src == dst) continue;
      run.cells.push_back(result::peer_cell("push", "uni", fmt::format("gpu{}", src),
                                            fmt::format("gpu{}", dst), 400));
    }
  }
  return run;
}

std::vector<std::string> below(const result::Run& run) {
  std::vector<std::string> found;
  for (const result::Cell& cell : run.cells) {
    if (cell.below_peers) found.push_back(cell.src + "-" + cell.dst);
  }
  return found;
}

TEST(Peers, APairFarBelowTheOthersIsNamedWithBothFigures) {
  result::Run run = mesh(4);
  run.cells[1].median = 361;  // gpu0 -> gpu2: within a tenth
  run.cells[3].median = 359;  // gpu1 -> gpu0
  run.cells[0].median = 340;  // gpu0 -> gpu1
  compare_with_peers(run);
  EXPECT_THAT(below(run), ElementsAre("gpu0-gpu1", "gpu1-gpu0"));
  EXPECT_EQ(run.cells[0].below_peers, 400);
  ASSERT_EQ(run.findings.size(), 1u);
  const machine::Finding& finding = run.findings[0];
  EXPECT_EQ(finding.code, machine::FindingCode::pairs_below_peers);
  EXPECT_THAT(finding.subjects, ElementsAre(pair_subject(0, 1)));
  EXPECT_THAT(finding.what, HasSubstr("gpu0 <-> gpu1: slower than the pairs that are joined alike, "
                                      "at worst 340 against 400 GB/s (peer/"));
}

TEST(Peers, ARateThatHadNotSettledSaysNothing) {
  result::Run run = mesh(4);
  run.cells[0].median = 200;
  run.cells[0].settled = false;
  compare_with_peers(run);
  EXPECT_THAT(below(run), IsEmpty());
  EXPECT_THAT(run.findings, IsEmpty());
}

TEST(Peers, TheWorstPairStandsFirst) {
  result::Run run = mesh(4);
  run.cells[0].median = 300;   // gpu0 -> gpu1
  run.cells[11].median = 200;  // gpu3 -> gpu2
  compare_with_peers(run);
  ASSERT_EQ(run.findings.size(), 1u);
  EXPECT_THAT(run.findings[0].subjects, ElementsAre(pair_subject(2, 3), pair_subject(0, 1)));
  EXPECT_EQ(machine::figure(run.findings[0].figures, "worst_gbs"), 200);
}

TEST(Peers, PairsThatAreJoinedOtherwiseAreNotHeldAgainstEachOther) {
  result::Run run = mesh(4);
  for (auto& cell : run.cells) {
    if (cell.src == "gpu0" || cell.dst == "gpu0") cell.median = 200;
  }
  result::Run alike = run;
  compare_with_peers(alike);
  EXPECT_EQ(below(alike).size(), 6u) << "4 links each: half of the cells, and a median between";
  for (auto& link : run.machine.links) {
    if (link.from == 0 || link.to == 0) link.links_up = 2;
  }
  compare_with_peers(run);
  EXPECT_THAT(below(run), IsEmpty());
  EXPECT_THAT(run.findings, IsEmpty());
  for (auto& cell : run.cells) {
    rekey(cell, [](auto& key) { key.kind = result::Kind::staged; });
  }
  compare_with_peers(run);
  EXPECT_EQ(below(run).size(), 6u) << "staged copies do not go over the links";
}

TEST(Peers, OtherSizesKindsAndFailuresAreNoPeers) {
  result::Run run = mesh(3);
  run.cells[0].median = 100;
  rekey(run.cells[0], [](auto& key) { key.bytes = 4096; });
  run.cells[1].median = 100;
  rekey(run.cells[1], [](auto& key) { key.kind = result::Kind::pull; });
  run.cells[2] = result::unmeasured(run.cells[2], result::Status::hang, "no end");
  compare_with_peers(run);
  EXPECT_THAT(below(run), IsEmpty());
}

TEST(Peers, TheTwoWaysOfOnePairSayNothing) {
  result::Run run = mesh(2);
  run.cells[0].median = 100;
  compare_with_peers(run);
  EXPECT_THAT(below(run), IsEmpty());
}

TEST(Peers, AskedAgainItSaysTheSameOnce) {
  result::Run run = mesh(4);
  run.cells[0].median = 300;
  compare_with_peers(run);
  compare_with_peers(run);
  EXPECT_EQ(run.findings.size(), 1u);
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
