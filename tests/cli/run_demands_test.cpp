// SPDX-License-Identifier: Apache-2.0
// run with what check has: --require, --min, --baseline, --max-drop.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* bridge = "run --simulate dual-rtx3090-nvlink --filter '^peer/ce/push/' ";
constexpr const char* half_seated =
    "run --simulate dual-rtx3090-nvlink-3of4 --filter '^peer/ce/push/' ";

using RunDemands = Program;

TEST_F(RunDemands, AreAnsweredBelowThePageAndByTheExitCode) {
  const std::string file = path("low.json");
  const auto low =
      run(std::string(half_seated) + "--require gpus=2 --min 'peer/*>=80%full' --output " + file);
  EXPECT_EQ(low.code, 1) << low.err;
  EXPECT_THAT(low.out, AllOf(HasSubstr("DEGRADED"), HasSubstr("not met: peer/*>=80%full; met: "),
                             HasSubstr("of all 4 NVLinks")));
  const auto checks = nlohmann::json::parse(contents(file))["checks"];
  ASSERT_EQ(checks.size(), 2u);
  EXPECT_EQ(checks[1]["outcome"], "not-met");
  const auto checked = run("check " + file + " --require gpus=2 --min 'peer/*>=80%full'");
  EXPECT_EQ(checked.code, 1);
  EXPECT_THAT(low.out,
              HasSubstr(checked.out.substr(checked.out.find("peer/*>=80%full: not met"), 200)));
  const auto good = run(std::string(bridge) + "--require gpus=2,no-errors --min 'peer/*>=80%full'");
  EXPECT_EQ(good.code, 0) << good.out;
}

TEST_F(RunDemands, ABaselineIsReadBeforeAnythingIsMeasured) {
  const std::string before = path("before.json");
  run(bridge + ("--quiet --output " + before));
  const auto worse = run(half_seated + ("--baseline " + before + " --quiet"));
  EXPECT_EQ(worse.code, 1) << worse.out;
  EXPECT_THAT(worse.out,
              HasSubstr("Required: not met: no drop of more than 5 % since before.json"));
  const auto none = run(bridge + std::string("--baseline /nowhere.json"));
  EXPECT_EQ(none.code, 74);
  EXPECT_THAT(none.err, Not(HasSubstr("measurement")));
  EXPECT_EQ(run(bridge + std::string("--max-drop 3%")).code, 64);
}

}  // namespace TEST_FILE
