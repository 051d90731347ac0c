// SPDX-License-Identifier: Apache-2.0
// peerbench check RESULT as a black box: recorded results held against limits.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* bridge = "dual-rtx3090-nvlink";
constexpr const char* half_seated = "dual-rtx3090-nvlink-3of4";
constexpr const char* refused = "dual-rtx4090";

class CheckResult : public Program {
 protected:
  /// The result file of a run of GPU-to-GPU cells on a simulated machine.
  std::string result_of(const std::string& machine, const std::string& name,
                        const std::string& more = "") {
    const std::string file = path(name);
    const auto done = run("--simulate " + machine + " --filter '^peer/ce/' --quiet --output " +
                          file + " " + more);
    EXPECT_TRUE(fs::exists(file)) << done.err;
    return file;
  }
};

TEST_F(CheckResult, AHealthyLinkKeepsTheLimitAndAHalfSeatedBridgeDoesNot) {
  const auto healthy = result_of(bridge, "healthy.json");
  const auto met = run("check " + healthy + " --min 'peer/*>=45GB/s' --min 'peer/*>=80%'");
  EXPECT_EQ(met.code, 0) << met.out;
  EXPECT_THAT(met.err, IsEmpty());
  EXPECT_THAT(met.out, AllOf(HasSubstr("SIMULATED"), HasSubstr("peer/*>=45GB/s: met"),
                             HasSubstr("peer/*>=80%: met")));
  const auto low = run("check " + result_of(half_seated, "low.json") +
                       " --min 'peer/*>=45GB/s' --min 'peer/*>=30GB/s'");
  EXPECT_EQ(low.code, 1) << low.out;
  EXPECT_THAT(low.out, AllOf(HasSubstr("not met: peer/*>=45GB/s; met: peer/*>=30GB/s"),
                             HasSubstr("below 45 GB/s"), HasSubstr("exit code 1")));
}

TEST_F(CheckResult, AHalfSeatedBridgeReachesNoFullShare) {
  const auto healthy = result_of(bridge, "healthy.json");
  EXPECT_EQ(run("check " + healthy + " --min 'peer/*>=80%full'").code, 0);
  const auto low = result_of(half_seated, "low.json");
  EXPECT_EQ(run("check " + low + " --min 'peer/*>=80%'").code, 0);
  const auto missed = run("check " + low + " --min 'peer/*>=80%full'");
  EXPECT_EQ(missed.code, 1) << missed.out;
  EXPECT_THAT(missed.out, AllOf(HasSubstr("of all 4 NVLinks"), HasSubstr("of the 3 that")));
}

TEST_F(CheckResult, WhatCannotBeToldIsFour) {
  const auto file = result_of(refused, "refused.json");
  EXPECT_EQ(run("check " + file + " --min 'peer/*staged*>=10%'").code, 4);
  EXPECT_EQ(run("check " + file + " --min 'peer/*staged*>=1GB/s'").code, 0);
  const auto none = run("check " + file + " --min 'peer/*>=10%'");
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.out, HasSubstr("not possible"));
  // 1 comes before 4.
  EXPECT_EQ(run("check " + file + " --min 'peer/*staged*>=10%' --min '*staged*>=999GB/s'").code, 1);
}

TEST_F(CheckResult, RequirementsAreJudgedOnTheMachineOfTheResult) {
  const auto file = result_of(bridge, "healthy.json");
  EXPECT_EQ(run("check " + file + " --require nvlink,gpus=2").code, 0);
  const auto both = run("check " + file + " --require no-peer-link --min 'peer/*>=45GB/s'");
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.out, HasSubstr("not met: no-peer-link; met: peer/*>=45GB/s"));
}

TEST_F(CheckResult, HealthIsJudgedOnTheFindingsOfTheResult) {
  const auto healthy = result_of(bridge, "healthy.json");
  EXPECT_EQ(run("check " + healthy + " --require healthy,all-links,no-errors").code, 0);
  const auto low =
      run("check " + result_of(half_seated, "low.json") + " --require healthy,all-links,no-errors");
  EXPECT_EQ(low.code, 1) << low.out;
  EXPECT_THAT(low.out, HasSubstr("not met: healthy, all-links; met: no-errors"));
}

TEST_F(CheckResult, CorruptDataAreTwoWhateverWasAsked) {
  const auto machine =
      changed_machine(bridge, R"({"faults": [{"kind": "bit-flip", "from": 0, "to": 1}]})");
  const auto file = result_of(machine, "corrupt.json");
  const auto result = run("check " + file + " --min 'peer/ce/push/uni/gpu1-gpu0>=1GB/s'");
  EXPECT_EQ(result.code, 2) << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr("corrupt"), HasSubstr("exit code 2")));
  EXPECT_THAT(run("check " + file + " --require no-errors").out, HasSubstr("no-errors: not met"));
}

TEST_F(CheckResult, AHalfSeatedBridgeHasRegressedFromAHealthyOne) {
  const auto healthy = result_of(bridge, "healthy.json");
  const auto low = result_of(half_seated, "low.json");
  const auto regressed = run("check " + low + " --baseline " + healthy);
  EXPECT_EQ(regressed.code, 1) << regressed.out;
  EXPECT_THAT(regressed.out,
              AllOf(HasSubstr("no drop of more than 5 % since healthy.json: not met"),
                    HasSubstr("regressed"), HasSubstr("3 NVLinks up, 4 before")));
  EXPECT_EQ(run("check " + low + " --baseline " + healthy + " --max-drop 30%").code, 0);
  // The other way round the links are wider than they were.
  const auto gained = run("check " + healthy + " --baseline " + low);
  EXPECT_EQ(gained.code, 4) << gained.out;
  EXPECT_THAT(gained.out, HasSubstr("not measured alike: other links"));
}

TEST_F(CheckResult, AnotherSeedIsNoRegression) {
  const auto reseeded = changed_machine(bridge, R"({"seed": 4711})");
  const auto first = result_of(bridge, "first.json");
  const auto second = result_of(reseeded, "second.json");
  EXPECT_NE(contents(first), contents(second));
  const auto same = run("check " + second + " --baseline " + first);
  EXPECT_EQ(same.code, 0) << same.out;
  EXPECT_EQ(run("check " + first + " --baseline " + second).code, 0);
}

TEST_F(CheckResult, OtherCardsOrDriverCannotBeJudged) {
  const auto first = result_of(bridge, "first.json");
  const auto cards = run("check " + result_of(refused, "other.json") + " --baseline " + first);
  EXPECT_EQ(cards.code, 4) << cards.out;
  EXPECT_THAT(cards.out, HasSubstr("not measured alike: other GPUs"));
  const auto driver = changed_machine(bridge, R"({"driver_version": "550.54.14"})");
  const auto other = run("check " + result_of(driver, "driver.json") + " --baseline " + first);
  EXPECT_EQ(other.code, 4) << other.out;
  EXPECT_THAT(other.out, HasSubstr("other driver"));
  const auto sizes = result_of(bridge, "sizes.json", "--sizes 8MiB");
  EXPECT_EQ(run("check " + sizes + " --baseline " + first).code, 4);
}

TEST_F(CheckResult, WritesADocumentForMachines) {
  const auto file = result_of(half_seated, "low.json");
  const std::string written = path("checked.json");
  const auto result =
      run("check " + file + " --min 'peer/*>=45GB/s' --format json --output " + written);
  EXPECT_EQ(result.code, 1);
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document, nlohmann::json::parse(contents(written)));
  ASSERT_EQ(document["checks"].size(), 1u);
  EXPECT_EQ(document["checks"][0]["requirement"], "peer/*>=45GB/s");
  EXPECT_EQ(document["checks"][0]["outcome"], "not-met");
  EXPECT_FALSE(document["cells"].empty());
  const std::string validate =
      "'" PEERBENCH_PYTHON "' '" PEERBENCH_SOURCE_DIR "/tests/result/validate.py' '" +
      std::string(PEERBENCH_SOURCE_DIR "/src/result/result.schema.json' '") + written + "'";
  EXPECT_EQ(std::system(validate.c_str()), 0);
}

TEST_F(CheckResult, FitsEightyColumns) {
  const auto file = result_of(half_seated, "low.json");
  const auto result = run("check " + file + " --min 'peer/*>=45GB/s' --min '*>=80%'");
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

}  // namespace TEST_FILE
