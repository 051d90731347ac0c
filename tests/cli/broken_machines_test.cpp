// SPDX-License-Identifier: Apache-2.0
// Machines on which something is broken: what the page answers, and the exit code.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "program.hpp"

namespace TEST_FILE {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* hasty = " --sizes 1MiB --precision 20% --budget 50ms --quiet --keep no ";

class BrokenMachine : public Program {
 protected:
  /// A built-in machine, changed.
  std::string machine(const std::string& name, const std::function<void(json&)>& change) {
    std::ifstream file(std::string(PEERBENCH_SOURCE_DIR "/src/sim/machines/") + name + ".json");
    json description = json::parse(file, nullptr, true, true);
    change(description);
    std::ofstream(path("machine.json")) << description;
    return path("machine.json");
  }

  /// What `cells` (a regular expression) come to, as if nothing else had been there to measure.
  void measure(const std::string& machine, const std::string& cells,
               const std::string& options = "") {
    const std::string file = path("result.json");
    measured_ = run("run --simulate " + machine + hasty + options + " --filter '" + cells +
                    "' --output " + file);
    document_ = json::parse(contents(file));
    document_["settings"].erase("filter");
    std::ofstream(file) << document_;
    page_ = run("report " + file).out;
  }

  /// The page, with all that is blank as one space.
  std::string words() const {
    std::istringstream text(page_);
    std::string all;
    for (std::string word; text >> word;) all += (all.empty() ? "" : " ") + word;
    return all;
  }

  std::vector<std::string> codes() const {
    std::vector<std::string> found;
    for (const json& finding : document_["findings"]) found.push_back(finding["code"]);
    return found;
  }

  void expect_one_screen() const {
    EXPECT_LE(std::ranges::count(page_, '\n'), 32) << page_;
    std::istringstream lines(page_);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }

  Outcome measured_;
  json document_;
  std::string page_;
};

constexpr const char* copies_and_nccl = "^(peer/ce/.*/uni|collective/nccl/all_reduce/.*/float/b)";

TEST_F(BrokenMachine, NcclThatNeverEndsIsAHangBesideGoodCopies) {
  for (const char* fault : {"nccl-hang", "nccl-hang-first-collective"}) {
    measure(machine("dual-rtx5090-patched-p2p",
                    [&](json& file) {
                      file["faults"] = {{{"kind", fault}}};
                    }),
            copies_and_nccl);
    EXPECT_EQ(measured_.code, 3) << fault;
    EXPECT_THAT(codes(), ::testing::Contains("nccl-hangs")) << fault;
    EXPECT_EQ(document_["conclusion"]["causes"], json({"nccl-hangs"})) << fault;
    EXPECT_THAT(words(), AllOf(HasSubstr("HANG NCCL over gpu0 and gpu1 never ends, while copies "
                                         "between these GPUs are good"),
                               HasSubstr("1. Try NCCL_P2P_DISABLE=1")))
        << fault;
    expect_one_screen();
  }
}

TEST_F(BrokenMachine, ALostRankIsAnErrorAndInTheVerdict) {
  measure(machine("dual-rtx5090-patched-p2p",
                  [](json& file) {
                    file["faults"] = {{{"kind", "nccl-lost-rank"}}};
                  }),
          copies_and_nccl);
  EXPECT_EQ(measured_.code, 5) << "some cells failed";
  EXPECT_THAT(words(), AllOf(HasSubstr("DEGRADED NCCL over gpu0 and gpu1 loses a rank "
                                       "(ncclRemoteError), while copies between these GPUs are "
                                       "good"),
                             HasSubstr("1. Try NCCL_P2P_DISABLE=1")));
  expect_one_screen();
}

TEST_F(BrokenMachine, TheGpuThatSpoilsItsPairsIsNamedAndStagedCopiesStand) {
  measure(machine("quad-rtxpro6000",
                  [](json& file) {
                    file["faults"] = {
                        {{"kind", "nothing-written"}, {"from", 0}, {"route", "direct"}},
                        {{"kind", "nothing-written"}, {"to", 0}, {"route", "direct"}}};
                  }),
          "^peer/ce/[^/]*/uni/gpu[012]-gpu[012]/");
  EXPECT_EQ(measured_.code, 2);
  EXPECT_EQ(document_["conclusion"]["causes"], json({"bad-pairs-share-gpu"}));
  EXPECT_THAT(words(), AllOf(HasSubstr("CORRUPT Both bad pairs (2 corrupt) have gpu0 in common; "
                                       "gpu1 <-> gpu2 is good. Data arrived wrong in 16 of 36"),
                             HasSubstr("1. Copy without peer access meanwhile, which is good "
                                       "between these GPUs too (NCCL_P2P_DISABLE=1)")));
  for (const json& cell : document_["cells"]) {
    if (cell["kind"] != "staged") continue;
    EXPECT_EQ(cell["status"], "ok") << cell["name"];
  }
  expect_one_screen();
}

TEST_F(BrokenMachine, AccessThatIsOfferedAndCannotBeEnabledIsRefused) {
  const auto with = [&](const char* code) {
    measure(machine("dual-rtx5090-patched-p2p",
                    [&](json& file) {
                      file["faults"] = {{{"kind", "peer-refused"}, {"code", code}}};
                    }),
            "^peer/ce/.*/uni");
    expect_one_screen();
  };
  with("cudaErrorMapBufferObjectFailed");
  EXPECT_EQ(measured_.code, 0) << "what can be measured was";
  const json& groups = document_["conclusion"]["groups"];
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]["join"], "refused");
  EXPECT_EQ(groups[0]["refusal"], "cudaErrorMapBufferObjectFailed");
  EXPECT_TRUE(groups[0].contains("staged_one_way"));
  EXPECT_THAT(words(), AllOf(HasSubstr("DEGRADED gpu0 <-> gpu1: CUDA offers peer access, but "
                                       "enabling it fails (cudaErrorMapBufferObjectFailed)"),
                             HasSubstr("Resizable BAR"), HasSubstr("VBIOS"),
                             HasSubstr("GPU to GPU, direct not possible")));
  // What says nothing of a way is a failure of these cells.
  with("cudaErrorUnknown");
  EXPECT_EQ(measured_.code, 5);
  EXPECT_THAT(words(), AllOf(HasSubstr("8 of 12 measurements failed"),
                             HasSubstr("cannot be enabled: cudaDeviceEnablePeerAccess: "
                                       "cudaErrorUnknown")));
}

// The last GPU has one lane, and direct copies with one of the others only.
TEST_F(BrokenMachine, OfIslandsAllPairsAreCountedAndTheWorstIsNamed) {
  measure(machine("quad-rtxpro6000",
                  [](json& file) {
                    file["gpus"][2]["pcie_width"] = 8;
                    file["gpus"][2]["pcie_max_width"] = 16;
                    file["gpus"][3]["pcie_width"] = 1;
                    file["gpus"][3]["pcie_max_width"] = 16;
                    file["gpus"][3]["peer_gbs"] = {{"value", 1.6}, {"source", "this test"}};
                    file["peers"] = json::array();
                    for (const auto& [from, to] : {std::pair{0, 3}, {1, 3}, {3, 0}, {3, 1}}) {
                      json pair = file["peer_default"];
                      pair.update({{"from", from},
                                   {"to", to},
                                   {"access", false},
                                   {"read", "CNS"},
                                   {"write", "CNS"},
                                   {"pci", "CNS"}});
                      file["peers"].push_back(pair);
                    }
                  }),
          "^peer/ce/(push|staged)/uni");
  EXPECT_EQ(measured_.code, 0) << measured_.err;
  EXPECT_THAT(words(), AllOf(HasSubstr("DEGRADED gpu2 <-> gpu3: slower than the pairs"),
                             HasSubstr("6 pairs: 4 over PCIe at"), HasSubstr("the slowest is gpu"),
                             HasSubstr("2 refused, staged at"), HasSubstr("2 refused pairs")));
  EXPECT_THAT(words(), AllOf(HasSubstr("gpu2 can use 16 PCIe lanes, its slot has 8; gpu3 can use "
                                       "16 PCIe lanes, its slot has 1")))
      << "one finding a kind";
  expect_one_screen();
}

}  // namespace TEST_FILE
