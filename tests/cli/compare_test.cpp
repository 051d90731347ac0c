// SPDX-License-Identifier: Apache-2.0
// peerbench compare as a black box.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Compare : public Program {
 protected:
  std::string result_of(const std::string& machine, const std::string& name) {
    const std::string file = path(name);
    const auto done =
        run("--simulate " + machine + " --filter '^(peer|pool)/ce/' --quiet --output " + file);
    EXPECT_TRUE(fs::exists(file)) << done.err;
    return file;
  }
};

TEST_F(Compare, ABridgeStandsBesideABoxWithoutOne) {
  const auto bridge = result_of("dual-rtx3090-nvlink", "bridge.json");
  const auto pcie = result_of("dual-rtx4090", "pcie.json");
  const auto result = run("compare " + bridge + " " + pcie);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("A is SIMULATED"), HasSubstr("B is SIMULATED"),
                    HasSubstr("links: A 4 of 4 NVLinks up; B no NVLink"), HasSubstr("no such link"),
                    HasSubstr("Memory pools"), HasSubstr("B/A")));
  EXPECT_THAT(result.out, ContainsRegex("In short\n  - GPU to GPU: B reaches 0\\.4[0-9]+x of A "
                                        "\\(2[12]\\.[0-9] against 5[01]\\.[0-9] GB/s\\), because "
                                        "B's\n    driver allows no direct copies\\."));
  EXPECT_LT(result.out.find("In short"), result.out.find("Configuration differences"));
  EXPECT_LT(result.out.find("Configuration differences"), result.out.find("What each delivers"));
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(".json") != std::string::npos) continue;  // a path may be longer
    EXPECT_LE(line.size(), 80u) << line;
  }
}

TEST_F(Compare, BeforeAgainstAfter) {
  const auto before = result_of("dual-rtx3090-nvlink", "before.json");
  const auto after = result_of("dual-rtx3090-nvlink-3of4", "after.json");
  const auto result = run("compare " + before + " " + after + " --format csv");
  EXPECT_EQ(result.code, 0) << result.err;
  std::istringstream lines(result.out);
  bool found = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(after) || line.find("peer/ce/push/uni/gpu0-gpu1") == std::string::npos) {
      continue;
    }
    found = true;
    std::vector<std::string> fields;
    std::istringstream row(line);
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    ASSERT_GT(fields.size(), 16u) << line;
    EXPECT_NEAR(std::stod(fields[14]), 0.75, 0.01);  // three links of four
    EXPECT_LT(std::stod(fields[15]), std::stod(fields[14]));
    EXPECT_GT(std::stod(fields[16]), std::stod(fields[14]));
  }
  EXPECT_TRUE(found) << result.out;
}

TEST_F(Compare, AFileIsLikeItself) {
  const auto file = result_of("dual-rtx3090-nvlink", "one.json");
  const auto result = run("compare " + file + " " + file + " " + file);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("1.00x"), HasSubstr("C/A"),
                    HasSubstr("GPU to GPU: C and A are alike ("), HasSubstr("Memory pools: all ")));
  EXPECT_EQ(result.out.find("Configuration differences"), std::string::npos);
  EXPECT_EQ(result.out.find("spread"), std::string::npos) << "no row differs";
}

TEST_F(Compare, AFilterKeepsItsCellsOfEachFile) {
  const auto file = result_of("dual-rtx3090-nvlink", "one.json");
  const auto other = result_of("dual-rtx3090-nvlink-3of4", "other.json");
  const auto some = run("compare " + file + " " + other + " --filter ^peer/ce/push");
  EXPECT_EQ(some.code, 0) << some.err;
  EXPECT_THAT(some.out, AllOf(HasSubstr("because 1 of B's"), HasSubstr("ce push gpu0-gpu1"),
                              Not(HasSubstr("Memory pools"))));
  const auto none = run("compare " + file + " " + other + " --filter nonesuch");
  EXPECT_EQ(none.code, 77);
  EXPECT_THAT(none.err, HasSubstr("nonesuch"));
  const auto report = run("report " + file + " --all --filter ^peer/ce/push");
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.out, AllOf(HasSubstr("GPU to GPU, one way"), Not(HasSubstr("Memory of"))));
}

}  // namespace TEST_FILE
