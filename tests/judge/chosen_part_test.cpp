// SPDX-License-Identifier: Apache-2.0
#include "judge/chosen_part.hpp"

#include <gmock/gmock.h>

#include "judge/requirements.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using machine::FindingCode;
using result::Outcome;

/// Three GPUs: NVLink and peer access between 0 and 1 alone, findings about some of them, and a
/// cell of every reach.
result::Run three_gpus() {
  result::Run run;
  const auto add_pool = [&](const std::string& id) {
    machine::Pool pool;
    pool.id = id;
    run.machine.pools.push_back(pool);
  };
  for (int i = 0; i < 3; ++i) {
    machine::Gpu gpu;
    gpu.ordinal = i;
    run.machine.gpus.push_back(gpu);
    add_pool("gpu" + std::to_string(i));
    for (int j = 0; j < 3; ++j) {
      if (i == j) continue;
      machine::PeerLink link;
      link.from = i;
      link.to = j;
      const Tri joined = i + j == 1 ? Tri::yes : Tri::no;
      link.can_access = {joined, ""};
      link.nvlink = {joined, ""};
      run.machine.links.push_back(link);
    }
  }
  add_pool("host0");
  for (const char* const name :
       {"peer/ce/push/uni/gpu0-gpu1/bytes:1", "peer/ce/staged/bi/gpu1-gpu2/bytes:1",
        "peer/ce/push/one-to-all/gpu0-all/bytes:1", "host/ce/h2d/uni/host0-gpu2/pinned/bytes:1",
        "pool/sm/read/gpu0/device/bytes:1", "pool/cpu/read/host0/threads:2/bytes:1",
        "latency/cpu/chase/host0/beside:gpu2/bytes:1",
        "collective/nccl/all_reduce/gpus:0,1,2/float/bytes:1",
        "collective/nccl/all_reduce/gpus:0,1/float/bytes:1"}) {
    result::Cell cell;
    set_key(cell, result::parse_name(name).value());
    cell.status = result::Status::ok;
    run.cells.push_back(cell);
  }
  run.fits.resize(2);
  run.fits[0].name = "peer/ce/push/uni/gpu0-gpu1";
  run.fits[1].name = "peer/ce/staged/bi/gpu1-gpu2";
  run.findings = {
      machine::make_finding(FindingCode::compute_mode_exclusive,
                            {machine::gpu_subject(0), machine::gpu_subject(2)}),
      machine::make_finding(FindingCode::nvlinks_all_down, {machine::pair_subject(1, 2)}),
      machine::make_finding(FindingCode::confidential_computing, {})};
  return run;
}

result::Settings chosen(std::vector<int> gpus, std::vector<std::pair<int, int>> pairs = {}) {
  result::Settings settings;
  settings.gpus = std::move(gpus);
  settings.pairs = std::move(pairs);
  return settings;
}

std::vector<std::string> names(const result::Run& run) {
  std::vector<std::string> found;
  for (const result::Cell& cell : run.cells) found.push_back(cell.name);
  return found;
}

std::vector<std::string> sentences(const result::Run& run) {
  std::vector<std::string> found;
  for (const machine::Finding& finding : run.findings) found.push_back(finding.what);
  return found;
}

TEST(ChosenPart, OfGpusWhatIsAboutOthersIsLeftOut) {
  const auto run = chosen_part(three_gpus(), chosen({0, 1}));
  EXPECT_THAT(names(run),
              ElementsAre("peer/ce/push/uni/gpu0-gpu1/bytes:1", "pool/sm/read/gpu0/device/bytes:1",
                          "pool/cpu/read/host0/threads:2/bytes:1",
                          "collective/nccl/all_reduce/gpus:0,1/float/bytes:1"));
  EXPECT_EQ(run.machine.gpus.size(), 2u);
  EXPECT_EQ(run.machine.links.size(), 2u);
  EXPECT_EQ(run.machine.pools.size(), 3u);
  EXPECT_EQ(run.fits.size(), 1u);
  EXPECT_THAT(run.settings.gpus, ElementsAre(0, 1));
  EXPECT_THAT(sentences(run),
              ElementsAre(HasSubstr("gpu0 is in compute mode"), HasSubstr("onfidential")))
      << "the words follow the subjects that are left";
}

TEST(ChosenPart, OfPairsTheirEndsStayAndNoOtherPair) {
  const auto run = chosen_part(three_gpus(), chosen({}, {{2, 1}}));
  EXPECT_THAT(names(run), ElementsAre("peer/ce/staged/bi/gpu1-gpu2/bytes:1",
                                      "host/ce/h2d/uni/host0-gpu2/pinned/bytes:1",
                                      "pool/cpu/read/host0/threads:2/bytes:1",
                                      "latency/cpu/chase/host0/beside:gpu2/bytes:1"));
  EXPECT_EQ(run.machine.gpus.size(), 2u);
  EXPECT_EQ(run.machine.links.size(), 2u);
  EXPECT_EQ(run.findings.size(), 3u);
}

TEST(ChosenPart, RequirementsAreAboutWhatIsLeft) {
  const auto required = [](const result::Run& run, const char* what) {
    return check(run, parse_requirements(what).value().front());
  };
  EXPECT_EQ(required(three_gpus(), "nvlink").outcome, Outcome::not_met);
  EXPECT_EQ(required(chosen_part(three_gpus(), chosen({0, 1})), "nvlink").outcome, Outcome::met);
  const auto one = chosen_part(three_gpus(), chosen({2}));
  EXPECT_THAT(required(one, "p2p").reason, HasSubstr("only one GPU is chosen"));
  const auto count = required(one, "gpus=2");
  EXPECT_EQ(count.outcome, Outcome::not_met);
  EXPECT_THAT(count.reason, HasSubstr("1 GPU is chosen, at least 2"));
  EXPECT_THAT(required(three_gpus(), "gpus=4").reason, HasSubstr("3 GPUs are visible"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
