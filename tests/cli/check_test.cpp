// SPDX-License-Identifier: Apache-2.0
// peerbench check as a black box.
#include "program.hpp"

#include <gmock/gmock.h>

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Asked {
  const char* machine;
  const char* requirement;
  int code;
};

void PrintTo(const Asked& asked, std::ostream* out) {
  *out << asked.machine << " " << asked.requirement;
}

class Check : public Program, public ::testing::WithParamInterface<Asked> {};

TEST_P(Check, EndsWithItsExitCode) {
  const auto result = run(std::string("check --simulate ") + GetParam().machine + " --require " +
                          GetParam().requirement);
  EXPECT_EQ(result.code, GetParam().code) << result.out;
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(result.out, AllOf(HasSubstr("SIMULATED"), HasSubstr(GetParam().requirement)));
}

constexpr const char* bridge = "dual-rtx3090-nvlink";
constexpr const char* half_seated = "dual-rtx3090-nvlink-3of4";
constexpr const char* refused = "dual-rtx4090";
constexpr const char* spark = "dgx-spark";
constexpr const char* none = "no-gpu";

INSTANTIATE_TEST_SUITE_P(
    Each, Check,
    ::testing::Values(
        Asked{bridge, "nvlink", 0}, Asked{bridge, "any-nvlink", 0}, Asked{bridge, "p2p", 0},
        Asked{bridge, "any-p2p", 0}, Asked{bridge, "no-peer-link", 1},
        Asked{bridge, "all-links", 0}, Asked{bridge, "healthy", 0},
        Asked{half_seated, "all-links", 1}, Asked{half_seated, "healthy", 1},
        Asked{refused, "all-links", 1}, Asked{refused, "healthy", 0}, Asked{spark, "healthy", 0},
        Asked{none, "all-links", 1}, Asked{none, "healthy", 1}, Asked{"nvml-missing", "healthy", 1},
        Asked{"nvml-missing", "all-links", 4}, Asked{"hgx-h100-8", "all-links", 0},
        Asked{"dgx1-v100-8", "all-links", 0}, Asked{"hgx-h100-8", "healthy", 0},
        Asked{"dual-h100-nvl", "all-links", 0}, Asked{"dual-h100-nvl-no-nvlink", "all-links", 1},
        Asked{bridge, "unified-pool", 1}, Asked{bridge, "gpus=1", 0}, Asked{bridge, "gpus=2", 0},
        Asked{bridge, "gpus=3", 1}, Asked{refused, "nvlink", 1}, Asked{refused, "any-nvlink", 1},
        Asked{refused, "p2p", 1}, Asked{refused, "any-p2p", 1}, Asked{refused, "no-peer-link", 0},
        Asked{refused, "unified-pool", 1}, Asked{refused, "gpus=2", 0}, Asked{spark, "nvlink", 1},
        Asked{spark, "any-nvlink", 1}, Asked{spark, "p2p", 1}, Asked{spark, "any-p2p", 1},
        Asked{spark, "no-peer-link", 0}, Asked{spark, "unified-pool", 0}, Asked{spark, "gpus=1", 0},
        Asked{none, "nvlink", 1}, Asked{none, "any-nvlink", 1}, Asked{none, "p2p", 1},
        Asked{none, "any-p2p", 1}, Asked{none, "no-peer-link", 1}, Asked{none, "unified-pool", 1},
        Asked{none, "gpus=1", 1}, Asked{"nvml-missing", "nvlink", 4},
        Asked{"nvml-missing", "any-nvlink", 4}, Asked{"nvml-missing", "p2p", 0},
        Asked{"dgx1-v100-8", "nvlink", 1}, Asked{"dgx1-v100-8", "any-nvlink", 0},
        Asked{"dgx1-v100-8", "p2p", 1}, Asked{"dgx1-v100-8", "any-p2p", 0},
        Asked{"hgx-h100-8", "nvlink", 0}, Asked{"hgx-h100-8", "gpus=8", 0},
        Asked{"dual-rtx6000ada", "p2p", 0}, Asked{"dual-rtx6000ada", "no-peer-link", 1},
        Asked{"dual-gh200", "no-peer-link", 0}, Asked{"dual-gh200", "unified-pool", 1},
        Asked{"hidden-gpu", "no-peer-link", 4}, Asked{"hidden-gpu", "gpus=2", 1},
        Asked{"mig-h100", "no-peer-link", 4}, Asked{"virtual-gpu", "no-peer-link", 4},
        Asked{"wsl2", "no-peer-link", 4}, Asked{"single-h200", "no-peer-link", 4},
        Asked{"jetson-agx-orin", "no-peer-link", 4}, Asked{"jetson-agx-orin", "unified-pool", 0},
        Asked{"no-driver", "no-peer-link", 1}));

TEST_F(Program, CheckCannotTellWithoutNvml) {
  const auto machine = changed_machine("dual-rtx3090-nvlink", R"({"nvml": false})");
  const std::string check = "check --simulate " + machine + " --require ";
  const auto nvlink = run(check + "nvlink");
  EXPECT_EQ(nvlink.code, 4) << nvlink.out;
  EXPECT_THAT(nvlink.out, AllOf(HasSubstr("cannot tell"), HasSubstr("exit code 4"),
                                HasSubstr("2 could not be asked")));
  EXPECT_EQ(run(check + "p2p").code, 0);
  // Not met is more serious than cannot tell.
  EXPECT_EQ(run(check + "nvlink,p2p").code, 4);
  EXPECT_EQ(run(check + "nvlink,unified-pool").code, 1);
}

TEST_F(Program, CheckCannotTellOfLinksUnderWsl) {
  for (const char* kind : {"dual-rtx3090-nvlink", "dual-rtx4090"}) {
    const auto machine = changed_machine(kind, R"({"host": {"wsl": true}, "links": []})");
    for (const char* requirement : {"nvlink", "any-nvlink"}) {
      const auto result = run("check --simulate " + machine + " --require " + requirement);
      EXPECT_EQ(result.code, 4) << result.out;
      EXPECT_THAT(result.out, HasSubstr("under WSL 2"));
    }
  }
  // What may be accessed is CUDA's to say.
  const auto refused_access = changed_machine("dual-rtx4090", R"({"host": {"wsl": true}})");
  EXPECT_EQ(run("check --simulate " + refused_access + " --require no-peer-link").code, 4);
}

TEST_F(Program, CheckTellsWhatHidesGpus) {
  const auto result = run("check --simulate hidden-gpu --require gpus=2");
  EXPECT_EQ(result.code, 1);
  const auto at = result.out.find("what to do:");
  ASSERT_NE(at, std::string::npos);
  EXPECT_THAT(result.out.substr(at), HasSubstr("hidden from this"));
}

TEST_F(Program, CheckOfAHalfSeatedBridgeNamesWhatIsNotHealthy) {
  const auto result = run(std::string("check --simulate ") + half_seated + " --require healthy");
  EXPECT_THAT(result.out, AllOf(HasSubstr("nvlinks-partly-down: "), HasSubstr("only 3 of 4"),
                                HasSubstr("what to do: reseat the bridge")));
}

TEST_F(Program, CheckRefusesNoErrorsWithoutAResult) {
  const auto result = run("check --simulate dual-rtx4090 --require no-errors");
  EXPECT_EQ(result.code, 64);
  EXPECT_THAT(result.err, HasSubstr("peerbench check RESULT --require no-errors"));
}

TEST_F(Program, CheckTakesRequirementsSeveralTimes) {
  const auto result =
      run("check --simulate dual-rtx4090 --require gpus=2,p2p --require gpus=2 --require nvlink");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("not met: p2p, nvlink; met: gpus=2"));
  EXPECT_EQ(run("--require gpus=2 check --simulate dual-rtx4090").code, 0);
}

TEST_F(Program, CheckWritesADocumentForMachines) {
  const std::string file = path("check.json");
  const auto result =
      run("check --simulate dual-rtx4090 --require gpus=2,p2p --format json --output " + file);
  EXPECT_EQ(result.code, 1);
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document, nlohmann::json::parse(contents(file)));
  EXPECT_EQ(document["schema"], "peerbench.result/1");
  EXPECT_EQ(document["machine"]["gpus"].size(), 2u);
  ASSERT_EQ(document["checks"].size(), 2u);
  EXPECT_EQ(document["checks"][0]["requirement"], "gpus=2");
  EXPECT_EQ(document["checks"][0]["outcome"], "met");
  EXPECT_EQ(document["checks"][1]["outcome"], "not-met");
  EXPECT_THAT(document["checks"][1]["reason"].get<std::string>(), HasSubstr("0 of 2"));
  EXPECT_THAT(document["checks"][1]["evidence"].dump(), HasSubstr("cudaDeviceCanAccessPeer"));
  const std::string validate =
      "'" PEERBENCH_PYTHON "' '" PEERBENCH_SOURCE_DIR "/tests/result/validate.py' '" +
      std::string(PEERBENCH_SOURCE_DIR "/src/result/result.schema.json' '") + file + "'";
  EXPECT_EQ(std::system(validate.c_str()), 0);
  const auto shown = run("check --simulate dual-rtx4090 --require gpus=2 --format markdown");
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.out, AllOf(HasSubstr("# peerbench"), HasSubstr("## gpus=2: met")));
}

TEST_F(Program, ChecksFitEightyColumns) {
  for (const char* machine : {bridge, refused, spark, none}) {
    const auto result = run(std::string("check --simulate ") + machine +
                            " --require nvlink,p2p,no-peer-link,unified-pool,gpus=2");
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
}

}  // namespace TEST_FILE
