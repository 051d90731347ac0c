// SPDX-License-Identifier: Apache-2.0
// GPUs by number, UUID and PCI address, and GPUs that this build has no code for.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using nlohmann::json;

class GpuChoice : public Program {
 protected:
  json document(const std::string& arguments) {
    return json::parse(run(arguments + " --format json").out, nullptr, false);
  }
};

TEST_F(GpuChoice, AnyNameOfAGpuChoosesTheSameCells) {
  const std::string list = "list --simulate dual-rtx4090 ";
  const auto by_number = run(list + "--gpus 1").out;
  EXPECT_THAT(by_number, AllOf(HasSubstr("gpu1"), Not(HasSubstr("gpu0"))));
  EXPECT_EQ(run(list + "--gpus 61:00.0").out, by_number);
  EXPECT_EQ(run(list + "--gpus GPU-5eed4090-0000-4000-8000-000000000001").out, by_number);
  const auto pair = run(list + "--pairs 0-1").out;
  EXPECT_THAT(pair, HasSubstr("gpu0-gpu1"));
  EXPECT_EQ(run(list + "--pairs 0000:61:00.0..GPU-5eed4090-0000-4000-8000-000000000000").out, pair);
  EXPECT_THAT(run(list + "--gpus GPU-5eed4090").err,
              AllOf(HasSubstr("more than one GPU"), Not(HasSubstr("000000000001"))));
  EXPECT_THAT(run(list + "--gpus GPU-5eed4090 --identify").err, HasSubstr("000000000001"));
}

TEST_F(GpuChoice, ResultsKeepNumbers) {
  const auto result = document(
      "run --simulate dual-rtx4090 --pairs 61:00.0..41:00.0 --filter "
      "'^peer/ce/staged/uni/gpu0' --quiet");
  EXPECT_EQ(result["settings"]["pairs"], json::parse("[[1, 0]]"));
}

TEST_F(GpuChoice, ASliceIsNamedByItsOwnUuid) {
  const auto all = run("list --simulate mig-h100").out;
  const auto uuid = [] {
    std::ifstream file(PEERBENCH_SOURCE_DIR "/src/sim/machines/mig-h100.json");
    const auto machine = json::parse(file, nullptr, true, true);
    return machine["gpus"][0].value("mig_uuid", "none");
  }();
  EXPECT_EQ(run("list --simulate mig-h100 --gpus " + uuid).out, all);
}

// Two bridged pairs: over all six pairs NVLink is not there.
TEST_F(GpuChoice, CheckLooksAtTheChosenAlone) {
  const std::string check = "check --simulate quad-rtx3090-pairs --require nvlink,gpus=2 ";
  EXPECT_EQ(run(check).code, 1);
  const auto bridged = run(check + "--pairs 0-1");
  EXPECT_EQ(bridged.code, 0) << bridged.out;
  EXPECT_EQ(run(check + "--gpus 0,2").code, 1);
  EXPECT_THAT(run(check + "--gpus 3").out,
              AllOf(HasSubstr("only one GPU is chosen"), HasSubstr("1 GPU is chosen")));
  const std::string file = path("result.json");
  run("run --simulate quad-rtx3090-pairs --filter '^peer/ce/push/uni/gpu0-gpu[12]/bytes' --quiet "
      "--keep no --output " +
      file);
  const std::string judge = "check " + file + " --min 'peer/*>=40GB/s' --require nvlink ";
  EXPECT_EQ(run(judge).code, 1);
  const auto chosen = run(judge + "--pairs 0-1");
  EXPECT_EQ(chosen.code, 0) << chosen.out;
  EXPECT_THAT(chosen.out, HasSubstr("1 cell,"));
}

TEST_F(GpuChoice, UuidsOfTheEnvironmentAreShownOnlyWhereAskedFor) {
  const std::string environment =
      "CUDA_VISIBLE_DEVICES=0,7,GPU-5eed3090-0000-4000-8000-000000000001";
  const std::string machine = "machine --simulate dual-rtx3090-nvlink";
  EXPECT_THAT(run(machine, environment).out,
              AllOf(HasSubstr("names 7"), HasSubstr("GPU-(left out)"), Not(HasSubstr("5eed3090"))));
  EXPECT_THAT(run(machine + " --identify", environment).out, HasSubstr("5eed3090"));
  EXPECT_THAT(run(machine + " --format json", environment).out, Not(HasSubstr("5eed3090")));
}

TEST_F(GpuChoice, NumbersOfNvidiaSmiStandBesideCudas) {
  const std::string machine = "machine --simulate dual-rtx3090-nvlink";
  EXPECT_THAT(run(machine).out, Not(HasSubstr("nvidia-smi number")));
  EXPECT_THAT(run(machine, "CUDA_VISIBLE_DEVICES=1,0").out, HasSubstr("nvidia-smi"));
}

/// No toolkit that builds this program has code for compute capability 3.5.
TEST_F(GpuChoice, OfAGpuWithoutCodeThatIsSaidAndNoKernelIsLaunched) {
  std::ifstream file(PEERBENCH_SOURCE_DIR "/src/sim/machines/dual-rtx3090-nvlink.json");
  auto described = json::parse(file, nullptr, true, true);
  for (auto& gpu : described["gpus"]) {
    gpu["compute_major"] = 3;
    gpu["compute_minor"] = 5;
  }
  const std::string machine = path("kepler.json"), trace = path("trace.jsonl");
  std::ofstream(machine) << described;
  EXPECT_THAT(run("machine --simulate " + machine).out, HasSubstr("no code for gpu0, gpu1"));
  const auto done =
      run("run --simulate " + machine + " --keep no --output " + path("result.json") +
              " --filter '^(peer/../push/uni/gpu0-gpu1/bytes|pool/../(read|copy)/gpu0/device)'",
          "PEERBENCH_SIM_TRACE=" + trace);
  EXPECT_EQ(done.code, 0) << done.out;
  EXPECT_THAT(done.err, HasSubstr("no code for gpu0, gpu1"));
  EXPECT_THAT(done.out, HasSubstr("no code for gpu0, gpu1"));
  const auto result = json::parse(contents(path("result.json")));
  for (const auto& cell : result["cells"]) {
    const bool by_kernel = cell["engine"] == "sm";
    EXPECT_EQ(cell["status"], by_kernel ? "unsupported" : "ok") << cell["name"];
    if (by_kernel) {
      EXPECT_THAT(cell["reason"], HasSubstr("no kernels for gpu0"));
    } else {
      EXPECT_EQ(cell["verified"], true) << cell["name"];
    }
  }
  const std::string operations = contents(trace);
  EXPECT_THAT(operations, HasSubstr("\"op\":\"copy\""));
  for (const char* const launched : {"\"op\":\"kernel\"", "\"op\":\"gate\""}) {
    EXPECT_THAT(operations, Not(HasSubstr(launched)));
  }
}

}  // namespace TEST_FILE
