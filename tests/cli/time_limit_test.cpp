// SPDX-License-Identifier: Apache-2.0
// --time-limit as a black box. A simulated machine's time passes as its measurements go, so that
// what fits is the same each time.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TimeLimit : public Program {
 protected:
  /// A run of copies that has a second and a half, as a file; its outcome.
  Outcome cut(const std::string& file) {
    return run(
        "run --simulate dual-rtx3090-nvlink --filter '^peer/ce/' --time-limit 1500ms "
        "--output " +
        file);
  }
};

TEST_F(TimeLimit, LeavesOutWhatWouldEndLater) {
  const std::string file = path("cut.json");
  const auto done = cut(file);
  EXPECT_EQ(done.code, 0) << "by what was measured; " << done.err;
  EXPECT_THAT(done.out, HasSubstr("TIME LIMIT: "));
  const auto result = nlohmann::json::parse(contents(file));
  EXPECT_EQ(result["settings"]["time_limit_seconds"], 1.5);
  EXPECT_EQ(result["planned"], result["cells"].size());
  std::size_t measured = 0, left_out = 0;
  for (const auto& cell : result["cells"]) {
    if (cell["status"] == "ok") ++measured;
    if (cell.value("skip", "") != "time-limit") continue;
    ++left_out;
    EXPECT_EQ(cell["status"], "skipped");
    EXPECT_THAT(cell["reason"].get<std::string>(), HasSubstr("--time-limit"));
  }
  EXPECT_GT(measured, 0u);
  EXPECT_GT(left_out, 0u);
  EXPECT_EQ(measured + left_out, result["cells"].size());
}

TEST_F(TimeLimit, WhatIsRequiredAndLeftOutCannotBeTold) {
  const std::string file = path("cut.json");
  cut(file);
  const auto first = nlohmann::json::parse(contents(file))["cells"][0]["name"].get<std::string>();
  EXPECT_EQ(run("check " + file + " --min '" + first + ">=1GB/s'").code, 0);
  const auto untold = run("check " + file + " --min 'peer/*staged*>=1GB/s' --require no-errors");
  EXPECT_EQ(untold.code, 4) << untold.out;
  EXPECT_THAT(untold.out, HasSubstr("left out by the run's time limit"));
  EXPECT_EQ(run("check " + file + " --min 'peer/*>=999GB/s'").code, 1) << "what is known decides";
}

TEST_F(TimeLimit, EnoughOfItLeavesNothingOut) {
  const auto done =
      run("run --simulate dual-rtx3090-nvlink --filter '^peer/ce/' --time-limit 10min");
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out, ::testing::Not(HasSubstr("TIME LIMIT")));
  EXPECT_EQ(run("run --time-limit soon").code, 64);
}

}  // namespace TEST_FILE
