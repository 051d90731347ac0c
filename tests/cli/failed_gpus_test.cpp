// SPDX-License-Identifier: Apache-2.0
// GPUs that cannot be used, and calls that fail, as a person sees them: their cells are no figures
// of another GPU, the others are measured, and the verdict and the exit code say so.
#include <gmock/gmock.h>

#include <map>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* few =
    " --sizes 1MiB --budget 50ms --filter '^(peer/ce/(push|staged)/uni|pool/ce|host/ce/h2d)' ";

bool uses(const nlohmann::json& cell, const std::string& gpu) {
  return cell["src"] == gpu || cell["dst"] == gpu || cell["issuer"] == gpu;
}

TEST_F(Program, AHeldGpuIsNeverMeasuredByTheMemoryOfAnother) {
  for (const std::string held : {"0", "1"}) {
    const auto machine = changed_machine(
        "dual-rtx3090-nvlink", R"({"faults": [{"kind": "gpu-held", "to": )" + held + "}]}");
    const auto result = run("--format json --simulate " + machine + few);
    EXPECT_EQ(result.code, 5);
    std::map<std::string, int> count;
    const auto document = nlohmann::json::parse(result.out);
    for (const auto& cell : document["cells"]) {
      const std::string status = cell["status"], reason = cell["reason"];
      ++count[status];
      if (!uses(cell, "gpu" + held)) {
        EXPECT_EQ(status, "ok") << cell["name"] << reason;
      } else if (status == "error") {
        EXPECT_THAT(reason, HasSubstr("cudaErrorDevicesUnavailable"));
      } else {
        EXPECT_EQ(status, "skipped") << cell["name"];
        EXPECT_THAT(reason, AllOf(HasSubstr("gpu" + held + " answers nothing but cudaError"),
                                  HasSubstr("another process may have it")));
      }
      EXPECT_EQ(cell["median"].is_null(), status != "ok") << cell["name"];
    }
    EXPECT_EQ(count["error"], 1);
    EXPECT_GE(count["skipped"], 5);
    EXPECT_GE(count["ok"], 2);
    EXPECT_EQ(document["conclusion"]["answer"], "unknown");
    EXPECT_EQ(document["conclusion"]["causes"][0], "gpu-held");
  }
}

TEST_F(Program, NothingButAHeldGpuIsNoGoodRun) {
  const auto machine =
      changed_machine("dual-rtx3090-nvlink", R"({"faults": [{"kind": "gpu-held", "to": 1}]})");
  const auto result = run("--gpus 1 --simulate " + machine + few);
  EXPECT_EQ(result.code, 70);
  EXPECT_THAT(result.out, AllOf(HasSubstr("UNKNOWN"), HasSubstr("another process holds it"),
                                HasSubstr("measurements failed")));
}

TEST_F(Program, TheVerdictCountsWhatAGpuLostInTheMiddleCosts) {
  const auto machine = changed_machine(
      "dual-rtx3090-nvlink", R"({"faults": [{"kind": "gpu-lost", "to": 1, "after": 300}]})");
  const auto result = run("--simulate " + machine + few);
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.out, AllOf(HasSubstr("UNKNOWN"), HasSubstr("1 of "),
                                HasSubstr("measurements failed"), HasSubstr("not run")));
}

TEST_F(Program, ACallThatFailsOnceCostsOneCellAndIsTold) {
  const auto machine = changed_machine("dual-rtx3090-nvlink", R"({"faults": [
      {"kind": "call-fails", "call": "cudaMemcpyPeerAsync", "after": 3, "times": 1}]})");
  const auto result = run("--simulate " + machine + few);
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("UNKNOWN"), HasSubstr("1 of "), HasSubstr("measurements failed"),
                    HasSubstr("cudaErrorUnknown"), Not(HasSubstr("not run"))));
}

// The rank of the other GPU waits for ever, which is not what happened.
TEST_F(Program, ACollectiveNamesTheGpuThatItLost) {
  for (const std::string after : {"0", "10", "40"}) {
    const auto machine =
        changed_machine("dual-rtx3090-nvlink",
                        R"({"faults": [{"kind": "gpu-lost", "to": 1, "after": )" + after + "}]}");
    const auto result =
        run("--format json --sizes 64KiB --budget 30ms --filter "
            "'^collective/nccl/(all_reduce|all_gather)/gpus:0,1/float/bytes' --simulate " +
            machine);
    EXPECT_EQ(result.code, 70) << after;
    const auto cells = nlohmann::json::parse(result.out)["cells"];
    ASSERT_EQ(cells.size(), 2u);
    EXPECT_EQ(cells[0]["status"], "error") << after;
    EXPECT_THAT(cells[0]["reason"], HasSubstr("cudaErrorUnknown")) << after;
    EXPECT_EQ(cells[1]["status"], "skipped");
  }
}

// What is more serious comes first, and hides nothing.
TEST_F(Program, AVerdictOfLinksThatAreDownCountsFailuresToo) {
  const auto machine = changed_machine("dual-rtx3090-nvlink-3of4", R"({"faults": [
      {"kind": "call-fails", "call": "cudaMemcpyPeerAsync", "times": 1}]})");
  const auto result = run("--simulate " + machine + few);
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.out, AllOf(HasSubstr("DEGRADED"), HasSubstr("NVLinks"), HasSubstr("1 of "),
                                HasSubstr("failed")));
}

}  // namespace TEST_FILE
