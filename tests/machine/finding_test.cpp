// SPDX-License-Identifier: Apache-2.0
#include "machine/finding.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "machine/finding_rows.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(FindingRows, EachCodeHasItsOwnNameAndRow) {
  std::set<std::string> names;
  for (const FindingCode code : all_findings()) {
    EXPECT_EQ(finding_rows()[static_cast<std::size_t>(code)].code, code) << to_string(code);
    EXPECT_TRUE(names.insert(to_string(code)).second) << to_string(code);
  }
}

TEST(FindingRows, TheDocumentationListsThemAllWithTheirSeverity) {
  std::ifstream file(std::string(PEERBENCH_SOURCE_DIR) + "/docs/findings.md");
  const std::regex row(R"(\| `([a-z0-9-]+)` \| (info|warning|error) \| .*)");
  std::vector<std::string> listed, known;
  std::smatch found;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, found, row)) listed.push_back(found.str(1) + " " + found.str(2));
  }
  for (const FindingCode code : all_findings()) {
    known.push_back(fmt::format("{} {}", to_string(code), name(severity_of(code))));
  }
  EXPECT_EQ(listed, known);
}

TEST(Finding, ItsSentencesAreMadeOfItsFigures) {
  const Finding finding =
      make_finding(FindingCode::nvlinks_partly_down, {pair_subject(0, 1), pair_subject(2, 3)},
                   {{"links_up", 3}, {"links_present", 4}});
  EXPECT_EQ(finding.what,
            "gpu0 <-> gpu1, gpu2 <-> gpu3: only 3 of 4 NVLinks are up, which costs the others' "
            "share of the rate");
  EXPECT_THAT(finding.advice, HasSubstr("reseat the bridge"));
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.code, FindingCode::nvlinks_partly_down);
}

TEST(Finding, ManyPairsAreCounted) {
  std::vector<Subject> pairs;
  for (int to = 1; to < 8; ++to) pairs.push_back(pair_subject(0, to));
  const std::string what = make_finding(FindingCode::nvlinks_all_down, pairs).what;
  EXPECT_THAT(what, HasSubstr("gpu0 <-> gpu4 and 3 more pairs: "));
  EXPECT_THAT(what, Not(HasSubstr("gpu5")));
}

TEST(Finding, OneAndSeveralAreToldApart) {
  const auto replays = [](double count) {
    return make_finding(FindingCode::pcie_replays, {gpu_subject(1)}, {{"replays", count}}).what;
  };
  EXPECT_THAT(replays(1), HasSubstr("gpu1 counted 1 PCIe replay during"));
  EXPECT_THAT(replays(2), HasSubstr("gpu1 counted 2 PCIe replays during"));
  const auto hidden = [](double count) {
    return make_finding(FindingCode::gpus_unseen_by_cuda, {}, {{"gpus", count}}).what;
  };
  EXPECT_THAT(hidden(1), HasSubstr("1 GPU of this machine is hidden"));
  EXPECT_THAT(hidden(2), HasSubstr("2 GPUs of this machine are hidden"));
}

TEST(Finding, WhatWasNotCountedIsNotSaid) {
  const auto in_use = [](Figures figures) {
    return make_finding(FindingCode::gpu_in_use, {gpu_subject(0)}, std::move(figures)).what;
  };
  EXPECT_THAT(in_use({{"busy_percent", 55}}),
              StartsWith("gpu0 was 55 % busy before this run began: "));
  EXPECT_THAT(in_use({{"processes", 2}}),
              StartsWith("gpu0 is shared with 2 other compute processes: "));
}

TEST(Subject, IsReadAsItIsWritten) {
  const std::vector<Subject> subjects = {
      gpu_subject(0),     gpu_subject(12),
      pair_subject(3, 1), {{0, 1, 2, 3}, {}, ""},
      {{4}, 17, ""},      {{}, {}, "peer/ce/push/uni/gpu0-gpu1/bytes:268435456"}};
  std::vector<std::string> texts;
  for (const Subject& subject : subjects) {
    texts.push_back(to_string(subject));
    EXPECT_EQ(read_subject(texts.back()), subject) << texts.back();
  }
  EXPECT_THAT(texts, ElementsAre("gpu0", "gpu12", "gpu3-gpu1", "gpu0-gpu1-gpu2-gpu3",
                                 "gpu4/nvlink17", "peer/ce/push/uni/gpu0-gpu1/bytes:268435456"));
}

TEST(Subject, WhatIsNeitherGpuNorLinkIsAName) {
  for (const char* text : {"gpu", "gpu-1", "gpu0-", "gpu0-host0", "gpu0/nvlink", "gpu0/nvlink1x",
                           "gpu99999999999999999999", "/nvlink3", ""}) {
    EXPECT_EQ(read_subject(text), (Subject{{}, {}, text})) << text;
  }
}

TEST(Grouped, TheSameTroubleOfSeveralIsOneFinding) {
  const auto narrow = [](int gpu, double lanes) {
    return make_finding(FindingCode::pcie_slot_narrow, {gpu_subject(gpu)},
                        {{"lanes_of_card", 16}, {"lanes_of_slot", lanes}});
  };
  const auto groups = grouped({narrow(0, 8), narrow(1, 4), narrow(3, 8)});
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_THAT(groups[0].subjects, ElementsAre(gpu_subject(0), gpu_subject(3)));
  EXPECT_EQ(groups[0].what, "gpu0, gpu3 can use 16 PCIe lanes, their slots have 8");
  EXPECT_EQ(groups[1].what, "gpu1 can use 16 PCIe lanes, its slot has 4");
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
