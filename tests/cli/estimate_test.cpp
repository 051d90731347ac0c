// SPDX-License-Identifier: Apache-2.0
// peerbench estimate as a black box.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

using Estimate = Program;

void expect_within(const std::string& text, std::size_t columns) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), columns) << line;
}

TEST_F(Estimate, MeasuresWhatItNeedsAndKeepsItWithAllInputs) {
  const std::string file = path("estimate.json");
  const auto done =
      run("--simulate dual-rtx3090-nvlink estimate --model llama-3-70b --weights int4 --context 8k "
          "--quiet --output " +
          file);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("worked out from measured cells, not itself measured"),
                              HasSubstr("A is SIMULATED"), HasSubstr("it fits only split"),
                              HasSubstr("160 x 16 KiB"), HasSubstr("adds no memory")));
  expect_within(done.out, 80);
  const json document = json::parse(contents(file));
  ASSERT_EQ(document["estimates"].size(), 1u);
  const json& estimate = document["estimates"][0];
  EXPECT_EQ(estimate["model"]["name"], "llama-3-70b");
  EXPECT_EQ(estimate["context"], 8192);
  EXPECT_EQ(estimate["fits_one"], "no");
  EXPECT_EQ(estimate["fits_all"], "yes");
  // 2 x 80 exchanges of 16 KiB over four NVLinks: 2.3 us to start, 0.32 us to cross.
  EXPECT_NEAR(estimate["links"][0]["ms"].get<double>(), 160 * 2.62e-3, 0.01);
  EXPECT_EQ(estimate["links"][0]["reason"], "split/ce/all_reduce/push/gpus:0,1/whole/bytes:16384")
      << "measured at just this size";
  EXPECT_EQ(estimate["links"][0]["wire"], "nvlink");
  const std::string validate =
      "'" PEERBENCH_PYTHON "' '" PEERBENCH_SOURCE_DIR "/tests/result/validate.py' '" +
      std::string(PEERBENCH_SOURCE_DIR "/src/result/result.schema.json' '") + file + "'";
  EXPECT_EQ(std::system(validate.c_str()), 0);

  const auto again = run("estimate --model llama-3-70b --weights int4 --context 8k --from " + file +
                         " --format json");
  EXPECT_EQ(again.code, 0) << again.err;
  const json taken = json::parse(again.out);
  EXPECT_EQ(taken["estimates"][0]["links"], estimate["links"]) << "from the same cells the same";
  EXPECT_EQ(taken["estimates"][0]["from"], "estimate.json");
}

TEST_F(Estimate, RunMeasuresTheMessagesThatItIsMadeOf) {
  const std::string file = path("messages.json");
  const auto done =
      run("--simulate hgx-h100-8 run --model llama-3-70b --cards 4 --budget 100ms "
          "--filter 'push/gpus.*:(131072|33554432)$|boundary/push.*:131072$|pool' --output " +
          file);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("llama-3-70b split by tensors over gpu0, gpu1, gpu2, gpu3"),
                              HasSubstr("llama-3-70b split by layers")));
  expect_within(done.out, 80);
  const json document = json::parse(contents(file));
  EXPECT_EQ(document["settings"]["split"]["hidden"], 8192);
  const auto us = [&](const std::string& mode) {
    for (const json& cell : document["cells"]) {
      if (cell["name"] == "split/ce/all_reduce/push/gpus:0,1,2,3/" + mode + "/bytes:33554432") {
        return cell["median"].get<double>();
      }
    }
    return 0.0;
  };
  // Each GPU sends 3 x 32 MiB; in parts two times 3 x 8 MiB.
  EXPECT_NEAR(us("parts") / us("whole"), 0.5, 0.05);

  const auto estimate =
      run("estimate --model llama-3-70b --cards 4 --batch 8 --format json --from " + file);
  EXPECT_EQ(estimate.code, 0) << estimate.err;
  const json link = json::parse(estimate.out)["estimates"][0]["links"][0];
  EXPECT_EQ(link["reason"], "split/ce/all_reduce/push/gpus:0,1,2,3/whole/bytes:131072");
}

// Two H100 NVL, https://github.com/hibagus/SC26_NVLink_vs_PCIe (MLPerf Llama-2-70B FP8 Offline,
// batch 1024): 4667 tokens a second with NVLink, 3020 without; src/judge/README.md.
TEST_F(Estimate, ThePublishedRunWithoutNvlinkFollowsFromTheOneWithIt) {
  const auto seconds_a_token = [&](const char* machine, const char* way) {
    const auto done = run(std::string("estimate --model llama-2-70b --weights fp8 --batch 1024 "
                                      "--context 512 --budget 50ms --quiet --format json "
                                      "--simulate ") +
                          machine);
    EXPECT_EQ(done.code, 0) << done.err;
    const json document = json::parse(done.out);
    for (const json& link : document["estimates"][0]["links"]) {
      if (link["parallel"] != "tensor" || link["step"] != "decode" || link["way"] != way) continue;
      // As long prompts as answers: each token passes twice.
      return 2 * link["ms"].get<double>() * 1e-3 / 1024;
    }
    ADD_FAILURE() << "no such way";
    return 0.0;
  };
  for (const char* way : {"peer", "nccl"}) {
    const double rest = 1 / 4667.0 - seconds_a_token("dual-h100-nvl", way);
    const double predicted = 1 / (rest + seconds_a_token("dual-h100-nvl-no-nvlink", way));
    EXPECT_NEAR(predicted, 3020, 0.25 * 3020) << way;
  }
}

TEST_F(Estimate, UnlikeGpusGetLayersInProportionToTheirMemory) {
  std::ifstream file(PEERBENCH_SOURCE_DIR "/src/sim/machines/dual-rtx3090-x4-slot.json");
  json machine = json::parse(file, nullptr, true, true);
  machine["gpus"][1]["memory_bytes"] = 8366784512;
  std::ofstream(path("unlike.json")) << machine;
  // Weights of 12.8e9 parameters are 25.6 GB, of two memories of 22.8 and 7.53 GB.
  std::ofstream(path("forty.json")) << R"({"name": "forty", "layers": 40, "hidden": 5120,
    "heads": 40, "kv_heads": 8, "head_size": 128, "vocabulary": 1, "parameters": 12.8e9,
    "active_parameters": 12.8e9})";
  const auto done = run("estimate --model " + path("forty.json") + " --context 256 --budget 50ms" +
                        " --quiet --simulate " + path("unlike.json"));
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("it fits only split by layers (30 + 10 layers)"),
                              HasSubstr("yes: 30 + 10 layers"), HasSubstr("no: 12.8 of 7.53")));
  expect_within(done.out, 80);
}

TEST_F(Estimate, OnePoolSaysWhatIsFreeNow) {
  const auto machine = changed_machine("dgx-spark", R"({"host": {"available_bytes": "6 GiB"}})");
  const auto done =
      run("estimate --model llama-3-70b --weights int4 --budget 50ms --quiet "
          "--simulate " +
          machine);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("yes by size; 6 GiB of 119.7 GiB free now"),
                              HasSubstr("yes: 41.9 of 116"), HasSubstr("6.44 of 129")));
  const auto plenty =
      run("estimate --model llama-3-8b --weights int4 --budget 50ms --quiet "
          "--simulate " +
          machine);
  EXPECT_THAT(plenty.out, HasSubstr("nothing crosses a link")) << "5.6 of 6.4 GB";
}

TEST_F(Estimate, RecordedMachinesStandSideBySide) {
  const std::string goldens = PEERBENCH_SOURCE_DIR "/tests/golden/";
  const auto done =
      run("estimate --model llama-3-8b --from " + goldens + "dual-rtx3090-nvlink.json " + goldens +
          "dual-rtx4090.json " + goldens + "dgx-spark.json");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("dual-rtx3090-nvlink.json: 2 x"),
                              HasSubstr("C: nothing crosses a link, CPU and GPU share one pool"),
                              HasSubstr("no link"), HasSubstr("not measured")));
  expect_within(done.out, 80);
  const auto page = run("estimate --model llama-3-8b --format markdown --from " + goldens +
                        "dual-rtx3090-nvlink.json");
  EXPECT_THAT(page.out, HasSubstr("| all-reduces, tensor parallel |"));
}

TEST_F(Estimate, AModelOfOnesOwnIsAFile) {
  const std::string file = path("mine.json");
  std::ofstream(file) << R"({"name": "mine", "layers": 4, "hidden": 1024, "heads": 8, "kv_heads": 8,
    "head_size": 128, "vocabulary": 1000, "parameters": 1e9, "active_parameters": 1e9})";
  const auto done = run("estimate --model " + file +
                        " --from " PEERBENCH_SOURCE_DIR "/tests/golden/dual-rtx3090-nvlink.json");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("mine: 4 layers of 1024"), HasSubstr("8 x 2 KiB")));
}

}  // namespace TEST_FILE
