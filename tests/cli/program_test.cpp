// SPDX-License-Identifier: Apache-2.0
// The program as a black box: what it prints, writes and returns on simulated machines.
#include "program.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Small copies keep the tests quick; the figures are those of the machine's model at that size.
constexpr const char* quick = " --sizes 8MiB --budget 400ms ";

nlohmann::json cell(const nlohmann::json& run, const std::string& prefix) {
  for (const auto& one : run.at("cells")) {
    if (one.at("name").get<std::string>().starts_with(prefix)) return one;
  }
  ADD_FAILURE() << "no cell " << prefix;
  return {};
}

TEST_F(Program, DualCardsWithABridge) {
  const auto result = run("--simulate dual-rtx3090-nvlink --format json" + std::string(quick));
  ASSERT_EQ(result.code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["schema"], "peerbench.result/1");
  EXPECT_EQ(document["simulated"]["machine"], "dual-rtx3090-nvlink");
  EXPECT_EQ(document["machine"]["class"], "discrete-nvlink");
  const double push = cell(document, "peer/ce/push/uni/gpu0-gpu1")["median"];
  const double staged = cell(document, "peer/ce/staged/uni/gpu0-gpu1")["median"];
  EXPECT_GT(push, 4 * staged);
  for (const auto& one : document["cells"]) {
    EXPECT_EQ(one["status"], "ok") << one["name"] << one["reason"];
    EXPECT_EQ(one["verified"], true) << one["name"];
    EXPECT_EQ(one["samples"].size(), one["n"].get<std::size_t>()) << one["name"];
  }
}

TEST_F(Program, DualCardsWithoutPeerAccess) {
  const auto result = run("--simulate dual-rtx4090 --format json" + std::string(quick));
  ASSERT_EQ(result.code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["machine"]["class"], "discrete-pcie");
  const auto push = cell(document, "peer/ce/push/uni/gpu0-gpu1");
  EXPECT_EQ(push["status"], "unsupported");
  EXPECT_TRUE(push["median"].is_null());
  EXPECT_THAT(push["reason"].get<std::string>(), HasSubstr("refuses peer access"));
  EXPECT_EQ(cell(document, "peer/ce/staged/uni/gpu0-gpu1")["status"], "ok");
}

TEST_F(Program, NodesOfAHostAreMeasuredOneByOneWhenAskedFor) {
  const auto names = run("list --simulate dual-gh200 --filter by:").out;
  EXPECT_THAT(names, AllOf(HasSubstr("pool/cpu/read/host0/by:host1/threads:72/"),
                           HasSubstr("pool/cpu/triad/host1/by:host0/threads:72/"),
                           HasSubstr("latency/cpu/chase/host1/by:host0/")));
  EXPECT_THAT(run("list --simulate gh200 --filter by:").out, IsEmpty());
}

TEST_F(Program, DgxSparkHasNoPeerLinkAndOnePool) {
  const auto result = run("--simulate dgx-spark --filter ^pool/ce/copy");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("SIMULATED"), HasSubstr("unified-pool"),
                                HasSubstr("No peer (GPU-to-GPU) NVLink")));
  const auto names = run("list --simulate dgx-spark").out;
  EXPECT_THAT(names, Not(HasSubstr("peer/")));
  EXPECT_THAT(names, HasSubstr("pool/ce/copy/gpu0/device/"));
}

TEST_F(Program, AProbeTellsMemoriesApartByReadingThem) {
  EXPECT_THAT(
      run("machine --probe --simulate dgx-spark").out,
      AllOf(HasSubstr("gpu0 reads device / managed / pinned / pageable"), HasSubstr("by behaviour"),
            HasSubstr("memory: one pool (confirmed\n  by 5, 6, 7)")));
  EXPECT_THAT(run("machine --simulate dgx-spark").out, Not(HasSubstr("reads device")));
  EXPECT_THAT(run("machine --probe --simulate gh200").out, HasSubstr("times slower"));
  EXPECT_EQ(run("run --probe --simulate dgx-spark").code, 64);
  EXPECT_EQ(run("list --probe --simulate dgx-spark").code, 64);
}

TEST_F(Program, NoGpuMeasuresTheHostAndSaysWhatIsMissing) {
  const auto result = run("--simulate no-gpu");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("SIMULATED"), HasSubstr("no-gpu"), HasSubstr("memory of the host"),
                    HasSubstr("--simulate dual-rtx3090-nvlink")));
}

TEST_F(Program, CorruptDataEndWithTwoAndNoRate) {
  const auto machine = changed_machine("dual-rtx3090-nvlink",
                                       R"({"faults": [{"kind": "bit-flip", "from": 0, "to": 1}]})");
  const auto result = run("--format json --simulate " + machine + quick);
  EXPECT_EQ(result.code, 2);
  const auto document = nlohmann::json::parse(result.out);
  const auto corrupt = cell(document, "peer/ce/push/uni/gpu0-gpu1");
  EXPECT_EQ(corrupt["status"], "corrupt");
  EXPECT_TRUE(corrupt["median"].is_null());
  EXPECT_EQ(cell(document, "peer/ce/push/uni/gpu1-gpu0")["status"], "ok");
  EXPECT_EQ(cell(document, "pool/ce/copy/gpu0")["status"], "ok");
}

TEST_F(Program, AnOldDriverIsNamedWithTheBuildThatServesIt) {
  const auto old =
      changed_machine("dual-rtx4090", R"({"cuda_version": 12040, "driver_version": "550.54.14"})");
  for (const std::string arguments : {"run", "machine", "check --require gpus=2"}) {
    const auto result = run(arguments + " --simulate " + old + (arguments == "run" ? quick : ""));
    EXPECT_EQ(result.code, arguments.starts_with("check") ? 1 : 0) << arguments;
    EXPECT_THAT(result.out,
                AllOf(HasSubstr("The NVIDIA driver 550.54.14 is too old for this build"),
                      HasSubstr("build with CUDA 12"), Not(HasSubstr("--gpus all"))))
        << arguments;
  }
}

TEST_F(Program, AHangCostsItsCellAndTheGpusButNotTheHost) {
  const auto machine = changed_machine(
      "dual-rtx3090-nvlink", R"({"faults": [{"kind": "no-progress", "from": 0, "to": 1}]})");
  const auto result = run("--format json --simulate " + machine + quick);
  EXPECT_EQ(result.code, 3);
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(cell(document, "peer/ce/push/uni/gpu0-gpu1")["status"], "hang");
  EXPECT_EQ(cell(document, "peer/ce/staged/uni/gpu1-gpu0")["status"], "skipped");
  EXPECT_EQ(cell(document, "pool/cpu/copy/host0")["status"], "ok");
}

// The simulator ends a program with 124 that a real driver would not let end.
TEST_F(Program, EndsByItselfAfterAHangWhateverItsCode) {
  const auto corrupt_and_hung = changed_machine(
      "dual-rtx3090-nvlink", R"({"faults": [{"kind": "bit-flip", "from": 0, "to": 1},
                                            {"kind": "no-progress", "from": 1, "to": 0}]})");
  const auto two = run("--format json --simulate " + corrupt_and_hung + quick);
  EXPECT_EQ(two.code, 2) << two.err;
  const auto document = nlohmann::json::parse(two.out);
  EXPECT_EQ(cell(document, "peer/ce/push/uni/gpu0-gpu1")["status"], "corrupt");
  EXPECT_EQ(cell(document, "peer/ce/push/uni/gpu1-gpu0")["status"], "hang");
  EXPECT_EQ(run("--simulate " + corrupt_and_hung + quick + " >/dev/full").code, 74);
}

TEST_F(Program, NcclThatHangsIsAHangAndALostRankAnError) {
  const std::string filter = " --filter ^collective/nccl/all_reduce/.*bytes:1024$";
  for (const auto& [fault, status, code] :
       {std::tuple{"nccl-hang", "hang", 3}, {"nccl-lost-rank", "error", 70}}) {
    const auto machine = changed_machine(
        "dual-rtx3090-nvlink", R"({"faults": [{"kind": ")" + std::string(fault) + R"("}]})");
    const auto result = run("--format json --simulate " + machine + filter);
    EXPECT_EQ(result.code, code) << result.err;
    const auto document = nlohmann::json::parse(result.out);
    for (const auto& each : document["cells"]) {
      EXPECT_EQ(each["status"], status) << each["reason"];
    }
  }
}

// Each of the others would fail with the same error.
TEST_F(Program, AStickyErrorCostsItsCellAndTheGpusButNotTheHost) {
  const auto machine = changed_machine("dual-rtx3090-nvlink", R"({"faults": [
      {"kind": "sticky-error", "to": 1, "code": "cudaErrorECCUncorrectable", "after": 100}]})");
  const auto result = run("--format json --simulate " + machine + quick);
  EXPECT_EQ(result.code, 5);
  std::map<std::string, int> count;
  std::string failed, reason;
  const auto document = nlohmann::json::parse(result.out);
  for (const auto& each : document["cells"]) {
    const std::string status = each["status"];
    ++count[status];
    if (status == "skipped") reason = each["reason"];
    if (status == "error") {
      failed = each["name"];
      EXPECT_THAT(each["reason"], HasSubstr("cudaErrorECCUncorrectable"));
    }
    if (each["engine"] == "cpu") {
      EXPECT_EQ(status, "ok") << each["name"];
    }
  }
  EXPECT_EQ(count["error"], 1);
  EXPECT_GE(count["skipped"], 5);
  EXPECT_EQ(reason, "not run, because CUDA reported cudaErrorECCUncorrectable during " + failed +
                        "; only a new process gets a working GPU again: run the others with "
                        "--filter");
}

TEST_F(Program, ALostGpuCostsTheCellsThatUseIt) {
  const auto machine = changed_machine(
      "quad-a100-pcie-pairs", R"({"faults": [{"kind": "gpu-lost", "to": 3, "after": 9}]})");
  const auto result =
      run("--format json --filter ^peer/ce/staged/uni --sizes 8MiB --simulate " + machine);
  EXPECT_EQ(result.code, 5);
  int failed = 0, skipped = 0;
  const auto document = nlohmann::json::parse(result.out);
  for (const auto& each : document["cells"]) {
    const bool uses_it = each["src"] == "gpu3" || each["dst"] == "gpu3";
    const bool before = failed == 0 && each["status"] == "ok";
    if (!uses_it || before) {
      EXPECT_EQ(each["status"], "ok") << each["name"] << each["reason"];
    } else if (each["status"] == "error") {
      ++failed;
    } else {
      EXPECT_EQ(each["status"], "skipped") << each["name"];
      EXPECT_THAT(each["reason"], HasSubstr("gpu3 answers nothing but cudaErrorUnknown since"));
      ++skipped;
    }
  }
  EXPECT_EQ(failed, 1);
  EXPECT_GE(skipped, 3);
}

TEST_F(Program, NothingButErrorsIsNoGoodRun) {
  const auto machine =
      changed_machine("dual-rtx3090-nvlink", R"({"faults": [{"kind": "sticky-error"}]})");
  EXPECT_EQ(run("--filter ^peer/ --sizes 8MiB --simulate " + machine).code, 70);
}

TEST_F(Program, AListOfNothingSaysWhereToLook) {
  const auto none = run("list --simulate dual-rtx4090 --filter nothing_like_it");
  EXPECT_EQ(none.code, 77);
  EXPECT_THAT(none.out, IsEmpty());
  EXPECT_THAT(none.err, HasSubstr("matches --filter 'nothing_like_it'"));
  EXPECT_THAT(none.err, HasSubstr("peerbench list --full"));
}

TEST_F(Program, FilterPairsAndGpusNarrowTheRun) {
  const auto listed = run("list --simulate dual-rtx3090-nvlink --filter staged/uni").out;
  EXPECT_THAT(listed, AllOf(HasSubstr("staged/uni/gpu0-gpu1"), Not(HasSubstr("push"))));
  const auto nothing = run("--simulate dual-rtx3090-nvlink --filter nothing-like-this");
  EXPECT_EQ(nothing.code, 77);
  EXPECT_THAT(nothing.err, IsEmpty());
  EXPECT_THAT(run("list --simulate dual-rtx3090-nvlink --gpus 1").out, Not(HasSubstr("gpu0")));
}

TEST_F(Program, PrecisionAndBudgetDecideHowLongIsSampled) {
  const std::string machine = "--format json --simulate dual-rtx3090-nvlink --sizes 8MiB ";
  const std::string one = "peer/ce/push/uni/gpu0-gpu1";
  const auto measured = [&](const std::string& options) {
    return cell(nlohmann::json::parse(run(machine + "--filter " + one + " " + options).out), one);
  };
  const auto coarse = measured("--precision 10% --budget 2s");
  EXPECT_EQ(coarse["stop"], "precision");
  const auto fine = measured("--precision 0.005% --budget 60s");
  EXPECT_EQ(fine["stop"], "precision");
  EXPECT_GT(fine["n"], 3 * coarse["n"].get<int>() / 2);
  const auto short_of_time = measured("--precision 0.001% --budget 5ms");
  EXPECT_EQ(short_of_time["stop"], "budget");
  EXPECT_LT(short_of_time["n"], fine["n"].get<int>());
}

// The clocks of a Spark rise too slowly for such a budget, and it would be called slow.
TEST_F(Program, ARateThatHadNotSettledSaysSoAndIsNotCalledLow) {
  const std::string read = "pool/sm/read/gpu0/device";
  const auto measured = [&](const std::string& budget) {
    const auto result =
        run("--format json --simulate dgx-spark --filter ^" + read + " --budget " + budget);
    return cell(nlohmann::json::parse(result.out), read);
  };
  const auto early = measured("50ms");
  EXPECT_EQ(early["settled"], false);
  EXPECT_NE(early["verdict"], "low");
  EXPECT_FALSE(measured("2s").contains("settled"));
}

TEST_F(Program, GoogleBenchmarkOptionsWork) {
  const std::string machine = "--simulate dual-rtx3090-nvlink" + std::string(quick);
  const auto listed = run("run --benchmark_list_tests=true " + machine);
  EXPECT_EQ(listed.code, 0);
  EXPECT_THAT(listed.out, StartsWith("peer/ce/push/uni/gpu0-gpu1/bytes:8388608"));
  const auto filtered =
      run("run --format csv --benchmark_filter=ce.pull --benchmark_out=" + path("gb.json") + " " +
          machine);
  EXPECT_EQ(filtered.code, 0) << filtered.err;
  EXPECT_THAT(filtered.out, AllOf(HasSubstr("peer/ce/pull"), Not(HasSubstr("peer/ce/push"))));
  const auto written = nlohmann::json::parse(contents(path("gb.json")));
  ASSERT_EQ(written["benchmarks"].size(), 2u);
  EXPECT_GT(written["benchmarks"][0]["median"], 10);
  EXPECT_EQ(run("--benchmark_no_such_option=1 " + machine).code, 64);
}

TEST_F(Program, TheResultFileIsTheRun) {
  const std::string file = path("result.json");
  const auto result = run("--simulate dual-rtx3090-nvlink --output " + file + quick);
  ASSERT_EQ(result.code, 0) << result.err;
  const auto document = nlohmann::json::parse(contents(file));
  EXPECT_EQ(document["simulated"]["machine"], "dual-rtx3090-nvlink");
  EXPECT_GE(document["cells"].size(), 10u);
  EXPECT_THAT(contents(file), Not(HasSubstr("GPU-5eed")));
  run("--identify --filter ce/copy --simulate dual-rtx3090-nvlink --output " + file + quick);
  EXPECT_THAT(contents(file), HasSubstr("GPU-5eed"));
}

// Whole pages, byte by byte, so that the same simulation gives the same figures;
// PEERBENCH_UPDATE_GOLDEN=1 writes them anew. Each machine is measured once for all that a run
// owes.
class GoldenPage : public Program, public ::testing::WithParamInterface<const char*> {};

TEST_P(GoldenPage, IsUnchangedNarrowAndRecorded) {
  const std::string machine = GetParam();
  // The L2 of a Spark holds 8 MiB.
  const char* const size = machine == "dgx-spark" ? " --sizes 32MiB" : " --sizes 8MiB";
  const std::string file = path("result.json");
  const auto result = run("--all --simulate " + machine + size + " --output " + file);
  EXPECT_THAT(result.err, StartsWith("peerbench: ")) << "how many there are, and how long it takes";
  const fs::path golden =
      fs::path(PEERBENCH_SOURCE_DIR) / "tests/golden/program" / (std::string(GetParam()) + ".txt");
  if (std::getenv("PEERBENCH_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << result.out;
  EXPECT_EQ(result.out, contents(golden));
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;

  EXPECT_EQ(run("report --all").out, result.out) << "the last run is shown again";
  const std::string validate =
      "'" PEERBENCH_PYTHON "' '" PEERBENCH_SOURCE_DIR "/tests/result/validate.py' '" +
      std::string(PEERBENCH_SOURCE_DIR "/src/result/result.schema.json' '") + file + "'";
  EXPECT_EQ(std::system(validate.c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(Machines, GoldenPage,
                         ::testing::Values("dual-rtx3090-nvlink", "dual-rtx4090", "dgx-spark",
                                           "no-gpu"));

TEST_F(Program, OnlyResultsAreShownAgain) {
  EXPECT_EQ(run("report " + path("missing.json")).code, 74);
  std::ofstream(path("other.json")) << R"({"schema": "something/2"})";
  const auto other = run("report " + path("other.json"));
  EXPECT_EQ(other.code, 64);
  EXPECT_THAT(other.err, HasSubstr("something/2"));
}

TEST_F(Program, MachinesAreListed) {
  const auto result = run("machines");
  EXPECT_EQ(result.code, 0);
  for (const char* name : {"dual-rtx3090-nvlink", "dual-rtx4090", "dgx-spark", "no-gpu"}) {
    EXPECT_THAT(result.out, HasSubstr(name));
  }
}

TEST_F(Program, MachineSaysClassAndWhy) {
  const auto result = run("machine --simulate dual-rtx3090-nvlink");
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("RTX 3090"), HasSubstr("discrete-nvlink"),
                                HasSubstr("cudaGetDeviceCount")));
}

TEST_F(Program, CaseOfNamesDoesNotCount) {
  EXPECT_EQ(run("machine --simulate DGX-Spark").out, run("machine --simulate dgx-spark").out);
  const auto listed = run("list --simulate dual-rtx4090 --model LLaMA-3-8B");
  EXPECT_EQ(listed.code, 0) << listed.err;
}

TEST_F(Program, ColoursOnlyOnATerminalOrWhenAskedFor) {
  const std::string page = "machine --simulate no-gpu ";
  EXPECT_THAT(run(page).out, Not(HasSubstr("\033[")));
  EXPECT_THAT(run(page + "--color auto").out, Not(HasSubstr("\033[")));
  EXPECT_THAT(run(page + "--color always").out, HasSubstr("\033["));
  EXPECT_THAT(run(page + "--color=always", "NO_COLOR=1").out, HasSubstr("\033["));
  EXPECT_THAT(run(page + "--color always --no-color").out, Not(HasSubstr("\033[")));
  EXPECT_THAT(run(page + "--color never").out, Not(HasSubstr("\033[")));
}

}  // namespace TEST_FILE
