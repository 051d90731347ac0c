// SPDX-License-Identifier: Apache-2.0
// Size sweeps, small copies and several pairs at once, as a person runs them.
#include <gmock/gmock.h>

#include "tests/cli/program.hpp"

namespace TEST_FILE {

using ::testing::HasSubstr;

using nlohmann::json;

class Plans : public Program {
 protected:
  json document(const std::string& arguments) {
    const auto result = run("run --quiet --format json --simulate " + arguments);
    return json::parse(result.out, nullptr, false);
  }
};

// 51.02 GB/s over the bridge, 11.29 staged; 10.91 us to begin a staged copy.
TEST_F(Plans, ASweepIsFittedAndShownBelowTheTables) {
  const std::string sweep =
      "dual-rtx3090-nvlink --sizes 4KiB..4MiB --filter 'peer/ce/(push|staged)/uni/gpu0-gpu1/bytes'";
  const auto run_of_it = document(sweep);
  ASSERT_EQ(run_of_it["fits"].size(), 2u) << run_of_it["fits"];
  const auto push = run_of_it["fits"][0], staged = run_of_it["fits"][1];
  EXPECT_EQ(push["name"], "peer/ce/push/uni/gpu0-gpu1");
  EXPECT_EQ(push["points"], 11);
  EXPECT_NEAR(push["rate_gbs"], 51.02, 0.02 * 51.02);
  EXPECT_LT(push["largest_residual"], 0.03);
  EXPECT_NEAR(staged["rate_gbs"], 11.29, 0.02 * 11.29);
  EXPECT_NEAR(staged["latency_us"], 10.91, 0.02 * 10.91);
  EXPECT_NEAR(staged["half_rate_bytes"], 10.91e-6 * 11.29e9, 0.04 * 10.91e-6 * 11.29e9);
  const auto page = run("run --simulate " + sweep).out;
  EXPECT_THAT(page, HasSubstr("Start and rate of a copy"));
  EXPECT_FALSE(
      document("dual-rtx3090-nvlink --sizes 1MiB,2MiB --filter push/uni").contains("fits"));
}

TEST_F(Plans, ASmallCopyHasADurationAndNoRate) {
  const auto cells =
      document("dual-a100-pcie-nvlink --filter '^latency/ce/(push|staged)/'")["cells"];
  ASSERT_EQ(cells.size(), 4u);
  for (const auto& cell : cells) {
    EXPECT_EQ(cell["unit"], "us");
    EXPECT_EQ(cell["counts"], "none");
    EXPECT_EQ(cell["verified"], true) << cell["name"];
    const double published = cell["kind"] == "push" ? 2.29 : 18.29;
    EXPECT_NEAR(cell["median"], published, 0.05 * published) << cell["name"];
    EXPECT_NEAR(cell["flows"][0]["median"], cell["median"], 0.001) << cell["name"];
    EXPECT_TRUE(cell["ceiling"].is_null());
  }
}

TEST_F(Plans, SeveralPairsAtOnceGiveTheTotalAndEachFlow) {
  const auto cells = document("quad-a100-pcie-pairs --filter disjoint-pairs")["cells"];
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_THAT(cells[0]["name"], HasSubstr("peer/ce/push/disjoint-pairs/gpus:0,1,2,3/"));
  ASSERT_EQ(cells[0]["flows"].size(), 2u);
  // Each pair has a bridge of its own, and all staged copies one host.
  for (const auto& flow : cells[0]["flows"]) EXPECT_NEAR(flow["median"], 275.2, 0.05 * 275.2);
  EXPECT_NEAR(cells[0]["median"], 2 * 275.2, 0.05 * 2 * 275.2);
  EXPECT_NEAR(cells[1]["median"], 28.31, 0.05 * 28.31);
}

TEST_F(Plans, NinePeersAreNotPossibleAndThatIsSaid) {
  const auto cells = document(
      "ten-gpu-pcie --sizes 1MiB --filter 'one-to-all|ce/push/uni/gpu0-gpu./bytes'")["cells"];
  ASSERT_EQ(cells.size(), 9u + 2u);
  for (const auto& cell : cells) {
    const bool too_many = cell["direction"] == "one-to-all" && cell["kind"] == "push";
    EXPECT_EQ(cell["status"], too_many ? "unsupported" : "ok") << cell["name"];
    if (!too_many) continue;
    EXPECT_THAT(cell["reason"], HasSubstr("cudaErrorTooManyPeers"));
  }
}

}  // namespace TEST_FILE
