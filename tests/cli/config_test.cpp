// SPDX-License-Identifier: Apache-2.0
// Options from a file and from the environment, as a person sets them.
#include <gmock/gmock.h>

#include "tests/cli/program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Config : public Program {
 protected:
  /// " --config FILE " of a file with this text.
  std::string config(const std::string& text) {
    std::ofstream(path("peerbench.toml")) << text;
    return " --config " + path("peerbench.toml") + " ";
  }

  void expect_refused(const std::string& arguments, const std::string& says) {
    const auto result = run(arguments);
    EXPECT_EQ(result.code, 64) << arguments;
    EXPECT_THAT(result.err, AllOf(StartsWith("peerbench: "), HasSubstr(says)));
  }
};

TEST_F(Config, AFileGivesEachCommandWhatItTakes) {
  const std::string file = config(R"(
simulate = "dual-rtx4090"   # run, machine, list and check have it, report has not
format = "json"
gpus = [0]                    # of check, too
filter = "^pool/ce/copy/gpu"
[check]
require = ["gpus=1", "p2p"]
format = "markdown"
)");
  EXPECT_THAT(run("list" + file).out, StartsWith("pool/ce/copy/gpu0/"));
  EXPECT_EQ(nlohmann::json::parse(run(file + "machine").out)["simulated"]["machine"],
            "dual-rtx4090");
  const auto checked = run(file + "check");
  EXPECT_EQ(checked.code, 1);
  EXPECT_THAT(checked.out, AllOf(StartsWith("# peerbench"), HasSubstr("gpus=1: met"),
                                 HasSubstr("1 GPU is chosen"), HasSubstr("p2p: not met")));
  EXPECT_EQ(run("machines" + file).code, 0);
}

TEST_F(Config, ArgumentsComeBeforeTheFileAndThatBeforeTheEnvironment) {
  const std::string machine = "machine --simulate no-gpu ";
  const std::string csv = "PEERBENCH_FORMAT=csv";
  EXPECT_EQ(run(machine, csv).code, 64);
  const std::string file = config("format = \"json\"");
  EXPECT_THAT(run(machine + file, csv).out, StartsWith("{"));
  EXPECT_THAT(run(machine + file + "--format markdown", csv).out, StartsWith("# peerbench"));
  EXPECT_THAT(run(machine, "PEERBENCH_FORMAT=").out, StartsWith("peerbench "));
}

TEST_F(Config, TheEnvironmentHasFourOptions) {
  const std::string file = path("result.json");
  const auto result = run("--simulate no-gpu --filter cpu/read",
                          "PEERBENCH_BUDGET=30ms PEERBENCH_PRECISION=7% "
                          "PEERBENCH_FORMAT=markdown PEERBENCH_OUTPUT=" +
                              file);
  EXPECT_THAT(result.out, StartsWith("# peerbench"));
  const auto settings = nlohmann::json::parse(contents(file))["settings"];
  EXPECT_EQ(settings["precision"], 0.07);
  EXPECT_EQ(settings["budget_seconds"], 0.03);
}

TEST_F(Config, WhatIsWrongNamesFileAndKey) {
  const std::string name = path("peerbench.toml");
  expect_refused(config("budgett = \"2s\""),
                 name + ": no command has an option 'budgett'; did you mean 'budget'?");
  expect_refused(config("[machine]\nrequire = \"nvlink\""),
                 name + ": [machine]: machine has no option 'require'");
  expect_refused(config("[checks]\nrequire = \"nvlink\""),
                 name + ": the section [checks] names no command; did you mean 'check'?");
  expect_refused(config("gate = \"off\""), name + ": no command has an option 'gate'");
  expect_refused(config("help = true"), name + ": no command has an option 'help'");
  expect_refused(config("budget = \"soon\""), "--budget 'soon': write the time");
  expect_refused(config("budget = \"soon\""), "(from " + name + ")");
  EXPECT_EQ(run("--config /nowhere/x.toml").code, 74);
}

TEST_F(Config, AWrongVariableIsNamedWhereItMatters) {
  const auto result = run("--simulate no-gpu", "PEERBENCH_BUDGET=soon");
  EXPECT_EQ(result.code, 64);
  EXPECT_THAT(result.err, HasSubstr("(from PEERBENCH_BUDGET)"));
  EXPECT_EQ(run("machine --simulate no-gpu", "PEERBENCH_BUDGET=soon").code, 0);
  EXPECT_EQ(run("--help", "PEERBENCH_BUDGET=soon").code, 0);
}

}  // namespace TEST_FILE
