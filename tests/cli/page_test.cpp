// SPDX-License-Identifier: Apache-2.0
// The page of each built-in machine: its first word, on one screen of 80 columns.
#include "program.hpp"

#include <gmock/gmock.h>

#include <map>
#include <regex>

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The verdict of each built-in machine.
const std::map<std::string, std::string>& verdicts() {
  static const std::map<std::string, std::string> all = {
      {"dgx-spark", "ONE POOL"},
      {"dgx-station-gb300", "ONE GPU"},
      {"dgx1-p100-8", "GOOD"},
      {"dgx1-v100-8", "GOOD"},
      {"dgx2-v100-16", "GOOD"},
      {"dual-a100-pcie-nvlink", "GOOD"},
      {"dual-a6000-nvlink", "GOOD"},
      {"dual-gh200", "NO DIRECT LINK"},
      {"dual-h100-nvl", "GOOD"},
      {"dual-h100-nvl-no-nvlink", "GOOD"},
      {"dual-rtx3090-nvlink", "GOOD"},
      {"dual-rtx3090-nvlink-3of4", "DEGRADED"},
      {"dual-rtx3090-x4-slot", "NO DIRECT LINK"},
      {"dual-rtx4090", "NO DIRECT LINK"},
      {"dual-rtx5090", "NO DIRECT LINK"},
      {"dual-rtx5090-patched-p2p", "GOOD"},
      {"dual-rtx6000ada", "GOOD"},
      {"gb200-tray", "GOOD"},
      {"gh200", "ONE GPU"},
      {"hgx-a100-8", "GOOD"},
      {"hgx-b200-8", "GOOD"},
      {"hgx-h100-8", "GOOD"},
      {"hidden-gpu", "UNKNOWN"},
      {"jetson-agx-orin", "ONE POOL"},
      {"jetson-orin-nano", "ONE POOL"},
      {"jetson-thor", "ONE POOL"},
      {"kvm-guest-h100", "ONE GPU"},
      {"laptop-gpu", "ONE GPU"},
      {"mig-h100", "ONE GPU"},
      {"mixed-discrete-and-superchip", "NO DIRECT LINK"},
      {"no-driver", "NO GPU"},
      {"no-gpu", "NO GPU"},
      {"nvml-missing", "UNKNOWN"},
      {"quad-a100-pcie-pairs", "GOOD"},
      {"quad-l40s", "GOOD"},
      {"quad-p100-switch", "GOOD"},
      {"quad-rtx3090-pairs", "GOOD"},
      {"quad-rtxpro6000", "GOOD"},
      {"single-h200", "ONE GPU"},
      {"single-rtx4090", "ONE GPU"},
      {"ten-gpu-pcie", "GOOD"},
      {"virtual-gpu", "ONE GPU"},
      {"wsl2", "ONE GPU"},
  };
  return all;
}

std::vector<std::string> built_in() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(PEERBENCH_SOURCE_DIR "/src/sim/machines")) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  return names;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The first line of the verdict: below the title, and SIMULATED.
std::string verdict_of(const std::string& page) {
  const auto lines = lines_of(page);
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    if (lines[i].empty()) return lines[i + 1];
  }
  return "";
}

// A few small samples are enough: the page says how it is, not how precisely. Clocks and links need
// their time to wake up.
constexpr const char* hasty = " --sizes 16MiB --precision 20% --budget 150ms ";

/// Of boxes with many GPUs some are enough, but for one that is measured whole.
std::string gpus_of(const std::string& machine) {
  static const std::map<std::string, std::string> some = {
      {"dgx1-p100-8", "0,1,2,4"}, {"dgx1-v100-8", "0,1,2,4"}, {"dgx2-v100-16", "0,1,2"},
      {"gb200-tray", "0,1"},      {"hgx-a100-8", "0,1,2"},    {"hgx-b200-8", "0,1,2"},
      {"ten-gpu-pcie", "0,1,2"}};
  const auto at = some.find(machine);
  return at == some.end() ? "" : " --gpus " + at->second;
}

class Page : public Program, public ::testing::WithParamInterface<std::string> {
 protected:
  /// A run of what the page shows, as if nothing else had been there to measure: whole runs of all
  /// machines take minutes, and what chooses cells gets their tables.
  std::string result_of(const std::string& machine) {
    const std::regex shown(
        "peer/ce/(push|staged)/.*|latency/ce/(push|staged)/.*|host/ce/.*/pinned/.*|"
        "pool/(ce/copy|sm/(read|write|copy))/gpu[0-9]+/(device|pinned)/bytes.*|"
        "pool/cpu/[a-z]+/host[0-9]+/threads.*|pool/together/read/[^/]+/threads.*|"
        "latency/cpu/chase/host0/(beside:gpu0/)?bytes.*|collective/nccl/all_reduce/.*");
    const std::string options = " --simulate " + machine + gpus_of(machine);
    std::string names;
    for (const auto& line : lines_of(run("list" + options + " --sizes 16MiB").out)) {
      const std::string name = line.substr(0, line.find(' '));
      if (std::regex_match(name, shown)) names += (names.empty() ? "" : "|") + name;
    }
    std::string file = path("result.json");
    const auto done =
        run("run" + options + hasty + "--keep no --filter '^(" +
            std::regex_replace(names, std::regex(R"(\+)"), "\\+") + ")$' --output " + file);
    EXPECT_EQ(done.code, 0) << done.err;
    auto document = nlohmann::json::parse(contents(file));
    document["settings"].erase("filter");
    std::ofstream(file) << document;
    return file;
  }
};

TEST_P(Page, IsOneScreenAndBeginsWithItsVerdict) {
  ASSERT_EQ(verdicts().count(GetParam()), 1u) << "say what its page must begin with";
  const std::string file = result_of(GetParam());
  const auto page = run("report " + file);
  EXPECT_THAT(verdict_of(page.out), StartsWith(verdicts().at(GetParam()) + "  ")) << page.out;
  const auto lines = lines_of(page.out);
  const bool to_do =
      page.out.find("What to do") != std::string::npos || page.out.find("-> ") != std::string::npos;
  EXPECT_LE(lines.size(), to_do ? 32u : 24u) << page.out;
  for (const auto& line : lines) EXPECT_LE(line.size(), 80u) << line;

  const auto all = run("report --all " + file);
  EXPECT_THAT(verdict_of(all.out), StartsWith(verdicts().at(GetParam()) + "  "));
  EXPECT_GT(all.out.size(), page.out.size());
  for (const auto& line : lines_of(all.out)) EXPECT_LE(line.size(), 80u) << line;
}

INSTANTIATE_TEST_SUITE_P(Machines, Page, ::testing::ValuesIn(built_in()), [](const auto& one) {
  std::string name = one.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST_F(Program, TheLastRunIsKeptAndShownAgainAsItIsAskedFor) {
  const auto shown = run("run --simulate dual-rtx3090-nvlink" + std::string(hasty));
  ASSERT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(run("report").out, shown.out);

  const auto peer = run("report --section peer");
  EXPECT_THAT(peer.out, AllOf(HasSubstr("one way: "), Not(HasSubstr("Collectives"))));
  const auto nccl = run("report --section nccl,host");
  EXPECT_THAT(nccl.out,
              AllOf(HasSubstr("Collectives"), HasSubstr("pageable"), Not(HasSubstr("ping-pong"))));
  EXPECT_EQ(run("report --section nothing").code, 64);
  EXPECT_EQ(run("report --section peer --all").code, 64);

  const auto quiet = run("report -q");
  EXPECT_THAT(quiet.out, StartsWith("GOOD  "));
  EXPECT_EQ(lines_of(quiet.out).size(), 1u);

  const auto shared = run("report --share");
  EXPECT_THAT(shared.out, StartsWith("# peerbench"));
  EXPECT_THAT(shared.out, AllOf(HasSubstr("**GOOD** "), HasSubstr("<details>"),
                                HasSubstr("Collectives"), HasSubstr("</details>")));
  EXPECT_EQ(run("report --share --all").code, 64);
  EXPECT_EQ(run("report --share --format csv").code, 64);

  const auto other = run("run --keep no --simulate no-gpu" + std::string(hasty));
  EXPECT_THAT(other.out, AllOf(HasSubstr("NO GPU"), Not(HasSubstr("peerbench report"))));
  EXPECT_EQ(run("report").out, shown.out) << "a run that is not kept leaves the one before";
  run("run --simulate no-gpu" + std::string(hasty), "PEERBENCH_KEEP=no");
  EXPECT_EQ(run("report").out, shown.out);
}

TEST_F(Program, WithoutAKeptRunReportSaysHowToGetOne) {
  const auto nothing = run("report");
  EXPECT_EQ(nothing.code, 74);
  EXPECT_THAT(nothing.err, HasSubstr("no run was kept yet"));
}

TEST_F(Program, WhoChoosesCellsSeesTheirTables) {
  const auto chosen =
      run("run --simulate dual-rtx3090-nvlink --filter '^peer/ce/push/uni'" + std::string(hasty));
  EXPECT_THAT(chosen.out, AllOf(HasSubstr("GOOD  "), HasSubstr("one way: ")));
}

TEST_F(Program, APlaceThatCannotBeWrittenCostsNoRun) {
  const auto done =
      run("run --simulate no-gpu" + std::string(hasty), "XDG_STATE_HOME=/proc/nowhere");
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("this run is not kept"));
  EXPECT_THAT(done.out, Not(HasSubstr("peerbench report")));
}

}  // namespace TEST_FILE
