// SPDX-License-Identifier: Apache-2.0
#include "result/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "result/run.hpp"

namespace peerbench::result {
namespace TEST_FILE {

using ::testing::StartsWith;

Cell low(double share) {
  Cell cell;
  cell.status = Status::ok;
  cell.verdict = Verdict::low;
  cell.ceiling = Reference{450, "NVML"};
  cell.efficiency = share;
  cell.basis = Basis{Cause::links_down,
                     0.8,
                     "published",
                     {{"links_up", 3}, {"links_present", 4}},
                     {{"healthy", "links"}}};
  return cell;
}

TEST(Verdict, TheDocumentationListsEachCause) {
  std::ifstream file(std::string(PEERBENCH_SOURCE_DIR) + "/docs/verdicts.md");
  const std::regex row(R"(\| (good|low|no-ceiling|not-judged) \| `([a-z0-9-]+)` \| .*)");
  std::vector<std::string> listed, known;
  std::smatch found;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, found, row)) listed.push_back(found.str(2));
  }
  for (const Cause cause : all_causes()) known.emplace_back(to_string(cause));
  EXPECT_EQ(listed, known);
  EXPECT_EQ(std::set<std::string>(known.begin(), known.end()).size(), known.size());
}

TEST(Verdict, TheCausesAreInTheOrderOfTheirRows) {
  int at = 0;
  for (const Cause cause : all_causes()) EXPECT_EQ(static_cast<int>(cause), at++);
}

TEST(Verdict, TheSentenceIsMadeOfTheFigures) {
  EXPECT_EQ(verdict_sentence(low(0.6)),
            "60 % of 450.00 GB/s, healthy links reach 80 % and more: only 3 of 4 NVLinks are up: "
            "reseat the bridge; also look for other work on the GPUs (nvidia-smi)");
}

TEST(Verdict, CellsThatDifferInTheirShareHaveTheSameRemark) {
  EXPECT_EQ(verdict_remark(low(0.6)), verdict_remark(low(0.7)));
  EXPECT_NE(verdict_sentence(low(0.6)), verdict_sentence(low(0.7)));
  EXPECT_THAT(verdict_remark(low(0.6)), StartsWith(" % of 450.00 GB/s"));
}

TEST(Verdict, ALowMemoryClockIsSaid) {
  Cell cell = low(0.6);
  cell.basis->figures = {{"memory_mhz", 800}, {"memory_max_mhz", 1600}};
  cell.basis->cause = Cause::link_slow;
  EXPECT_THAT(verdict_remark(cell),
              StartsWith(" % of 450.00 GB/s; its memory ran at 800 of 1600 MHz, which gives at "
                         "most 225.0 GB/s, healthy"));
  cell.basis->figures = {};
  EXPECT_THAT(verdict_remark(cell), StartsWith(" % of 450.00 GB/s, healthy"));
}

TEST(Verdict, WhatIsStillRisingIsNotCalledSmall) {
  Cell cell = low(0.6);
  cell.verdict = Verdict::not_judged;
  cell.basis->cause = Cause::still_rising;
  EXPECT_THAT(why_not_judged(cell), StartsWith("still rising"));
  cell.basis->cause = Cause::cores_alone;
  EXPECT_THAT(why_not_judged(cell), StartsWith("CPU cores alone"));
  EXPECT_THAT(verdict_sentence(cell), StartsWith("not judged: CPU cores alone"));
}

TEST(Verdict, AFileFromBeforeHasNoBasisAndNoSentenceIsMadeUp) {
  Cell cell;
  EXPECT_EQ(verdict_sentence(cell), "");
  EXPECT_FALSE(tells_share(cell));
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
