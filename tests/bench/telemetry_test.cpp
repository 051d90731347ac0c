// SPDX-License-Identifier: Apache-2.0
// What is watched beside the rates, on simulated machines; tests/cli/watch_test.cpp shows what
// comes of it on the page.
#include "bench/telemetry.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "machine/discover.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WatchedRun : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("CUDA_VISIBLE_DEVICES");
    options_.settings.sizes = {8 * MiB};
    options_.settings.budget_seconds = 0.2;
    options_.on_cell = [this](result::Cell cell) { wires_.push_back(cell.wire); };
  }

  /// Measures the cells of the machine that the filter leaves in.
  std::vector<machine::Finding> run(const std::string& name, const std::string& filter,
                                    const std::string& patch = "{}") {
    support::open_machine(name, patch);
    auto machine = machine::discover();
    EXPECT_TRUE(machine.has_value());
    if (!machine) return {};
    machine_ = std::move(*machine);
    options_.settings.filter = filter;
    auto watched = run_watched(catalogue(machine_, options_.settings), machine_, options_);
    EXPECT_TRUE(watched.has_value());
    if (!watched) return {};
    EXPECT_EQ(watched->ran, wires_.size());
    return std::move(watched->findings);
  }

  static std::vector<std::string> said(const std::vector<machine::Finding>& findings) {
    std::vector<std::string> all;
    for (const machine::Finding& finding : findings) all.push_back(finding.what);
    return all;
  }

  HarnessOptions options_;
  machine::Machine machine_;
  std::vector<std::string> wires_;  ///< of each cell
};

TEST_F(WatchedRun, NamesTheWireAndReadsTheLinksUnderLoad) {
  const auto findings = run("dual-rtx3090-nvlink", "peer/ce/(push|staged)/uni/gpu0-gpu1/bytes");
  EXPECT_THAT(wires_, ElementsAre("nvlink", "host"));
  EXPECT_THAT(said(findings), IsEmpty());
  for (const machine::Gpu& gpu : machine_.gpus) {
    EXPECT_EQ(gpu.pcie.under_load, (machine::PcieSpeed{4, 16})) << gpu.ordinal;
  }
}

TEST_F(WatchedRun, ErrorsThatALinkCountsAreAFinding) {
  const auto findings =
      run("dual-rtx3090-nvlink", "peer/ce/push/uni/gpu0-gpu1/bytes",
          R"({"faults": [{"kind": "link-errors", "from": 0, "to": 1, "per_gib": 50}]})");
  EXPECT_THAT(said(findings),
              ElementsAre(AllOf(HasSubstr("gpu0 link 0"), HasSubstr("replays")),
                          AllOf(HasSubstr("gpu1 link 0"), HasSubstr("CRC errors"))));
}

TEST_F(WatchedRun, ASoakNotesARateThatFell) {
  options_.settings.sizes = {64 * MiB};
  options_.settings.soak_seconds = 2;
  EXPECT_THAT(said(run("dual-rtx3090-nvlink", "")), IsEmpty());
  wires_.clear();
  EXPECT_THAT(said(run("dual-rtx3090-nvlink", "", R"({"noise_cv": 0.3})")),
              ElementsAre(HasSubstr("over the soak")));
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
