// SPDX-License-Identifier: Apache-2.0
// What a run says of its wires, of errors that links counted, and of others on the GPUs.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* quick = " --sizes 8MiB --budget 200ms --filter peer/ ";

using Watched = Program;

std::string wire(const nlohmann::json& run, const std::string& prefix) {
  for (const auto& one : run.at("cells")) {
    if (one.at("name").get<std::string>().starts_with(prefix)) return one.value("wire", "");
  }
  ADD_FAILURE() << "no cell " << prefix;
  return {};
}

std::string findings(const nlohmann::json& run) {
  std::string all;
  for (const auto& one : run.at("findings")) all += one.at("what").get<std::string>() + "\n";
  return all;
}

TEST_F(Watched, TheWireIsWhatTheCountersProve) {
  const auto bridge = nlohmann::json::parse(
      run("--format json --simulate dual-rtx3090-nvlink" + std::string(quick)).out);
  EXPECT_EQ(wire(bridge, "peer/ce/push/uni/gpu0-gpu1"), "nvlink");
  EXPECT_EQ(wire(bridge, "peer/ce/pull/uni/gpu1-gpu0"), "nvlink");
  EXPECT_EQ(wire(bridge, "peer/ce/push/bi/gpu0-gpu1"), "nvlink");
  EXPECT_EQ(wire(bridge, "peer/ce/staged/uni/gpu0-gpu1"), "host");
  EXPECT_EQ(findings(bridge), "");
  const auto pcie = nlohmann::json::parse(
      run("--format json --simulate dual-rtx6000ada" + std::string(quick)).out);
  EXPECT_EQ(wire(pcie, "peer/ce/push/uni/gpu0-gpu1"), "pcie");
  EXPECT_EQ(wire(pcie, "peer/ce/staged/bi/gpu0-gpu1"), "host");
  const auto pairs = nlohmann::json::parse(
      run("--format json --pairs 0-1,0-2 --simulate quad-a100-pcie-pairs" + std::string(quick))
          .out);
  EXPECT_EQ(wire(pairs, "peer/ce/push/uni/gpu0-gpu1"), "nvlink");
  EXPECT_EQ(wire(pairs, "peer/ce/staged/uni/gpu0-gpu2"), "host");
  const auto switched = nlohmann::json::parse(
      run("--format json --pairs 2-5 --simulate hgx-h100-8" + std::string(quick)).out);
  EXPECT_EQ(wire(switched, "peer/ce/push/uni/gpu2-gpu5"), "nvlink");
  EXPECT_EQ(wire(switched, "peer/ce/staged/uni/gpu2-gpu5"), "host");
}

TEST_F(Watched, WithoutNvmlNoWireIsProven) {
  const auto document =
      nlohmann::json::parse(run("--format json --simulate nvml-missing" + std::string(quick)).out);
  EXPECT_EQ(wire(document, "peer/ce/push/uni/gpu0-gpu1"), "");
  EXPECT_EQ(wire(document, "peer/ce/staged/uni/gpu0-gpu1"), "");
}

TEST_F(Watched, ACounterThatStaysAtZeroIsNotTrusted) {
  const auto machine =
      changed_machine("dual-rtx3090-nvlink", R"({"faults": [{"kind": "nvlink-bytes-stuck"}]})");
  const auto result = run("--format json --simulate " + machine + quick);
  EXPECT_EQ(result.code, 0);
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(wire(document, "peer/ce/push/uni/gpu0-gpu1"), "");
  EXPECT_EQ(wire(document, "peer/ce/staged/uni/gpu0-gpu1"), "") << "nor is its standing still";
  EXPECT_THAT(result.out, HasSubstr("cannot be trusted"));
}

TEST_F(Watched, ErrorsOfALinkAreAFindingEvenWhenTheRateIsGood) {
  const auto machine = changed_machine(
      "dual-rtx3090-nvlink",
      R"({"faults": [{"kind": "link-errors", "from": 0, "to": 1, "per_gib": 50}]})");
  const auto result = run("--format json --simulate " + machine + quick);
  EXPECT_EQ(result.code, 0);
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_THAT(findings(document), AllOf(HasSubstr("gpu0 link 0: "), HasSubstr(" replays during"),
                                        HasSubstr("gpu1 link 0: "), HasSubstr("CRC errors in data"),
                                        Not(HasSubstr("link 1"))));
  const auto page = run("--simulate " + machine + quick);
  EXPECT_LT(page.out.find("CRC errors in data"), page.out.find("GPU to GPU, one way")) << page.out;
}

TEST_F(Watched, PcieReplaysAreAFinding) {
  const auto machine = changed_machine(
      "dual-rtx4090", R"({"faults": [{"kind": "pcie-replays", "to": 1, "per_gib": 50}]})");
  const auto document =
      nlohmann::json::parse(run("--format json --simulate " + machine + quick).out);
  EXPECT_THAT(findings(document), AllOf(HasSubstr("gpu1 counted "), HasSubstr(" PCIe replays"),
                                        Not(HasSubstr("gpu0 counted"))));
}

TEST_F(Watched, CardsInUseOrHeldDownAreSaidBeforeAnyRate) {
  std::ifstream file(PEERBENCH_SOURCE_DIR "/src/sim/machines/dual-rtx4090.json");
  auto json = nlohmann::json::parse(file, nullptr, true, true);
  json["gpus"][1]["busy_percent"] = 63;
  json["gpus"][0]["throttle"] = {"hw-thermal-slowdown"};
  json["gpus"][0]["attributes"]["ComputeMode"] = 3;
  std::ofstream(path("busy.json")) << json;
  const auto page = run("--simulate " + path("busy.json") + quick);
  for (const char* words : {"gpu1 was 63 % busy", "too hot", "compute mode exclusive"}) {
    EXPECT_LT(page.out.find(words), page.out.find("GPU to GPU, one way")) << words << "\n"
                                                                          << page.out;
  }
  EXPECT_THAT(page.out, Not(HasSubstr("gpu0 was")));
}

TEST_F(Watched, ASoakRepeatsEachPairBothWaysForSoLongAndNothingElse) {
  const auto result = run("--format json --sizes 8MiB --soak 4s --simulate dual-rtx3090-nvlink");
  ASSERT_EQ(result.code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["settings"]["soak_seconds"], 4);
  ASSERT_EQ(document["cells"].size(), 1u);
  const auto& cell = document["cells"][0];
  EXPECT_THAT(cell["name"], "peer/ce/push/bi/gpu0-gpu1/bytes:8388608");
  EXPECT_EQ(cell["stop"], "soak");
  EXPECT_EQ(cell["wire"], "nvlink");
  // Samples of 5 ms: as many as fit into the time, whatever precision is reached.
  EXPECT_GT(cell["n"], 300);
  EXPECT_LE(cell["n"], 1000);
  EXPECT_EQ(findings(document), "");
  EXPECT_LT(cell["min"], cell["median"]);
}

TEST_F(Watched, ASoakWithoutPeerAccessIsStaged) {
  const auto document = nlohmann::json::parse(
      run("--format json --sizes 8MiB --soak 50ms --simulate dual-rtx4090").out);
  ASSERT_EQ(document["cells"].size(), 1u);
  EXPECT_THAT(document["cells"][0]["name"], "peer/ce/staged/bi/gpu0-gpu1/bytes:8388608");
}

TEST_F(Watched, ARateThatFallsDuringASoakIsAFinding) {
  const auto machine = changed_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0.3})");
  const auto document =
      nlohmann::json::parse(run("--format json --sizes 64MiB --soak 4s --simulate " + machine).out);
  EXPECT_THAT(findings(document), AllOf(HasSubstr("peer/ce/push/bi/gpu0-gpu1/bytes:67108864: the "
                                                  "rate fell to "),
                                        HasSubstr("over the soak")));
}

}  // namespace TEST_FILE
