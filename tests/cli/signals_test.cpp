// SPDX-License-Identifier: Apache-2.0
// --save-signals and --signals as a black box: what is saved on one machine is described on
// another.
#include <gmock/gmock.h>

#include <algorithm>
#include <regex>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> machines() {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(PEERBENCH_SOURCE_DIR "/src/sim/machines")) {
    if (file.path().extension() == ".json") names.push_back(file.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

/// The page without the lines that say it comes from saved signals.
std::string without_origin(const std::string& page) {
  const auto start = page.find("from saved signals");
  const auto end = page.find("\n\n", start);
  if (start == std::string::npos || end == std::string::npos) return page;
  return page.substr(0, start) + page.substr(end + 1);
}

/// Names of cells as listed, without sizes: those of a simulated machine are kept small.
std::string without_sizes(const std::string& names) {
  return std::regex_replace(names, std::regex("/bytes:[0-9]+"), "");
}

class SavedSignals : public Program, public ::testing::WithParamInterface<std::string> {};

// The replay is the plain program's: neither a simulator nor this machine is asked.
TEST_P(SavedSignals, GiveTheSamePageElsewhere) {
  const std::string file = path("signals.json");
  const std::string simulate = std::string(" --simulate ") + GetParam();
  const auto there = run("machine --save-signals " + file + simulate);
  ASSERT_EQ(there.code, 0) << there.err;
  EXPECT_EQ(there.out, run("machine" + simulate).out);
  const auto here = run("machine --signals " + file);
  ASSERT_EQ(here.code, 0) << here.err;
  EXPECT_THAT(here.out, AllOf(HasSubstr(std::string("SIMULATED machine ") + GetParam()),
                              HasSubstr("from saved signals signals.json")));
  EXPECT_EQ(without_origin(here.out), there.out);
  const std::string cells = without_sizes(run("list --names --signals " + file).out);
  EXPECT_THAT(cells, HasSubstr("pool/cpu/triad/host0"));
  EXPECT_EQ(cells, without_sizes(run("list --names" + simulate).out));
  const std::string check = "check --require nvlink,no-peer-link,gpus=1,unified-pool";
  const auto checked = run(check + " --signals " + file);
  const auto simulated = run(check + simulate);
  EXPECT_EQ(checked.code, simulated.code);
  EXPECT_EQ(without_origin(checked.out), simulated.out);
}

INSTANTIATE_TEST_SUITE_P(Each, SavedSignals, ::testing::ValuesIn(machines()));

TEST_F(Program, SignalsAreValidToAnIndependentValidator) {
  std::string files;
  for (const std::string& machine : machines()) {
    const std::string file = path(machine + ".json");
    run("check --require gpus=1 --simulate " + machine + " --save-signals " + file);
    files += " '" + file + "'";
  }
  run("machine --identify --simulate dual-rtx3090-nvlink --save-signals " + path("uuids.json"));
  run("machine --save-signals " + path("this-machine.json"));
  files += " '" + path("uuids.json") + "' '" + path("this-machine.json") + "'";
  const std::string command =
      "'" PEERBENCH_PYTHON "' '" PEERBENCH_SOURCE_DIR "/tests/result/validate.py' --self-test '" +
      std::string(PEERBENCH_SOURCE_DIR "/src/result/signals.schema.json'") + files;
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(Program, SignalsHaveNoUuidsUnlessAsked) {
  const std::string file = path("signals.json");
  const std::string save = "machine --simulate dual-rtx3090-nvlink --save-signals " + file;
  const std::string visible = "CUDA_VISIBLE_DEVICES=GPU-5eed3090-0000-4000-8000-000000000000";
  run(save, visible);
  EXPECT_THAT(contents(file), AllOf(Not(HasSubstr("5eed")), HasSubstr("GPU-(left out)")));
  run(save + " --identify", visible);
  EXPECT_THAT(contents(file), HasSubstr("GPU-5eed3090"));
}

TEST_F(Program, AllThatIsMadeFromSignalsSaysSo) {
  const std::string file = path("signals.json");
  run("run --filter nothing --simulate dual-rtx4090 --save-signals " + file);
  const auto document = nlohmann::json::parse(run("machine --format json --signals " + file).out);
  EXPECT_EQ(document["simulated"]["machine"], "dual-rtx4090");
  EXPECT_EQ(document["signals"]["file"], "signals.json");
  EXPECT_EQ(document["signals"]["saved"], nlohmann::json::parse(contents(file))["saved"]);
  std::ofstream(path("machine.json")) << document;
  const std::string validate =
      "'" PEERBENCH_PYTHON "' '" PEERBENCH_SOURCE_DIR "/tests/result/validate.py' '" +
      std::string(PEERBENCH_SOURCE_DIR "/src/result/result.schema.json' '") + path("machine.json") +
      "'";
  EXPECT_EQ(std::system(validate.c_str()), 0);
  EXPECT_THAT(run("machine --format markdown --signals " + file).out,
              AllOf(HasSubstr("**SIMULATED machine dual-rtx4090"),
                    HasSubstr("**from saved signals signals.json")));
  const auto real = run("machine --signals " PEERBENCH_SOURCE_DIR
                        "/tests/machine/signals/dual-rtx3090-nvlink.json");
  EXPECT_THAT(real.out, AllOf(Not(HasSubstr("SIMULATED")),
                              HasSubstr("from saved signals dual-rtx3090-nvlink.json")));
}

TEST_F(Program, ADamagedSignalsFileIsRefusedInOneSentence) {
  const std::string file = path("signals.json");
  run("machine --simulate dgx-spark --save-signals " + file);
  const std::string whole = contents(file);
  const auto refused = [&](const std::string& text, const char* says) {
    std::ofstream(file) << text;
    const auto result = run("machine --signals " + file);
    EXPECT_EQ(result.code, 64) << result.err;
    EXPECT_THAT(result.err, AllOf(StartsWith("peerbench: '" + file), HasSubstr(says)));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  };
  refused(whole.substr(0, whole.size() - 20), "not a complete JSON document");
  auto json = nlohmann::json::parse(whole);
  json["schema"] = "peerbench.signals/2";
  refused(json.dump(), "peerbench.signals/2");
  json = nlohmann::json::parse(whole);
  json["signals"]["nvml"]["value"] = "perhaps";
  refused(json.dump(), "signals.nvml.value is \"perhaps\"");
  json = nlohmann::json::parse(whole);
  json["signals"]["cuda_count"] = 2;
  refused(json.dump(), "there are 1 gpus");
}

}  // namespace TEST_FILE
