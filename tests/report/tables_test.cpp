#include "report/tables.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "../result/sample_runs.hpp"

namespace peerbench::report {
namespace {

using result::Status;
using result::Verdict;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> words(const std::vector<Text>& texts) {
  std::vector<std::string> made;
  for (const Text& text : texts) made.push_back(text.words);
  return made;
}

std::vector<std::string> headings(const Table& table) {
  std::vector<std::string> made;
  for (const Column& column : table.columns) made.push_back(column.heading);
  return made;
}

/// A run of nothing but card-to-card copies between `count` cards, each at 10 * src + dst GB/s.
result::Run mesh(int count) {
  result::Run run;
  run.machine.machine_class = machine::Class::discrete_nvlink;
  result::add_gpus(run, count, "NVIDIA H100 80GB HBM3");
  for (int src = 0; src < count; ++src) {
    for (int dst = 0; dst < count; ++dst) {
      if (src == dst) continue;
      run.cells.push_back(result::peer_cell("push", "uni", fmt::format("gpu{}", src),
                                            fmt::format("gpu{}", dst), 100 + 10 * src + dst));
    }
  }
  return run;
}

TEST(PeerTables, OnePairIsARowADirection) {
  const auto tables = peer_tables(result::dual_rtx3090_nvlink());
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_THAT(headings(tables[0]), ElementsAre("from -> to", "push", "pull", "staged", "ratio",
                                               "spread", "of link", "verdict"));
  ASSERT_EQ(tables[0].rows.size(), 2u);
  EXPECT_THAT(words(tables[0].rows[1]), ElementsAre("gpu1 -> gpu0", "51.0", "50.9", "11.3", "4.5x",
                                                    "50.93-51.11", "91 %", "good"));
  EXPECT_THAT(words(tables[0].remarks), Contains(HasSubstr("ceiling 56.2 GB/s: 4 links")));
}

TEST(PeerTables, BothWaysShowEachFlowUnderItsOwnDirection) {
  auto run = result::dual_rtx3090_nvlink();
  std::erase_if(run.cells, [](const auto& c) { return c.direction != "bi" || c.kind != "push"; });
  ASSERT_EQ(run.cells.size(), 1u);
  run.cells[0].flows = {{"gpu1", "gpu0", "gpu1", 40.0}, {"gpu0", "gpu1", "gpu0", 62.0}};
  const auto tables = peer_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_THAT(headings(tables[0]), ElementsAre("way", "gpu0\n-> gpu1", "gpu1\n-> gpu0", "sum",
                                               "spread", "of link", "verdict"));
  EXPECT_THAT(words(tables[0].rows[0]),
              ElementsAre("push", "62.0", "40.0", "102", "101.9-102.2", "91 %", "good"));
}

TEST(PeerTables, WhatIsNotPossibleIsSaidWithItsReasonAndNeverANumber) {
  const auto tables = peer_tables(result::dual_rtx4090());
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_THAT(words(tables[0].rows[0]),
              ElementsAre("gpu0 -> gpu1", "not possible", "not possible", "22.0", "22.00-22.08"));
  EXPECT_THAT(words(tables[1].rows[0]), ElementsAre("push", "-", "-", "not possible", "-"));
  for (const Table& table : tables) {
    EXPECT_THAT(words(table.remarks), Contains(HasSubstr("the driver refuses peer access")));
    for (const auto& row : table.rows) {
      for (const Text& entry : row) {
        EXPECT_FALSE(entry.words.empty());
        EXPECT_THAT(entry.words, Not(testing::StartsWith("0.00")));
      }
    }
  }
}

TEST(PeerTables, EveryOtherStatusIsAWordWithItsReason) {
  for (const auto& [status, word] :
       {std::pair{Status::corrupt, "corrupt"}, std::pair{Status::hang, "hang"},
        std::pair{Status::skipped, "skipped"}, std::pair{Status::error, "error"}}) {
    result::Run run;
    const auto cell = result::peer_cell("push", "uni", "gpu0", "gpu1", 1);
    run.cells = {result::unmeasured(cell, status, "Because of this."),
                 result::peer_cell("staged", "uni", "gpu0", "gpu1", 11)};
    const auto tables = peer_tables(run);
    ASSERT_EQ(tables.size(), 1u);
    EXPECT_EQ(tables[0].rows[0][1].words, word);
    EXPECT_EQ(tables[0].rows[0][1].tone, status == Status::skipped ? Tone::plain : Tone::bad);
    EXPECT_THAT(words(tables[0].remarks),
                Contains(fmt::format("push gpu0 -> gpu1: {}; Because of this.", word)));
    EXPECT_THAT(headings(tables[0]), Not(Contains("ratio"))) << "no rate to take a ratio of";
  }
}

TEST(PeerTables, ALowRateIsMarkedAndExplained) {
  result::Run run;
  run.cells = {result::peer_cell("push", "uni", "gpu0", "gpu1", 25)};
  run.cells[0].verdict = Verdict::low;
  run.cells[0].verdict_reason = "2 of 4 links are up.";
  const auto table = peer_tables(run).at(0);
  EXPECT_EQ(table.rows[0][1].words, "25.0*");
  EXPECT_EQ(table.rows[0][1].tone, Tone::bad);
  EXPECT_EQ(table.rows[0].back().words, "low");
  EXPECT_THAT(words(table.remarks), Contains("push gpu0 -> gpu1: * low; 2 of 4 links are up."));
}

TEST(PeerTables, UnverifiedOrUnsettledFiguresAreFlagged) {
  result::Run run;
  run.cells = {result::peer_cell("push", "uni", "gpu0", "gpu1", 25)};
  EXPECT_THAT(words(peer_tables(run).at(0).remarks), Not(Contains(HasSubstr("not verified"))));
  run.cells[0].verified.reset();
  run.cells[0].stop = "budget";
  const auto remarks = words(peer_tables(run).at(0).remarks);
  EXPECT_THAT(remarks, Contains(HasSubstr("the data was not verified")));
  EXPECT_THAT(remarks, Contains(HasSubstr("time budget ended")));
}

TEST(PeerTables, MorePairsAreAMatrixOfRowToColumn) {
  auto run = mesh(3);
  run.cells[0] = result::unmeasured(run.cells[0], Status::unsupported, "Refused.");
  const auto tables = peer_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_THAT(tables[0].note, HasSubstr("leave the row's card and arrive at the column's"));
  EXPECT_THAT(headings(tables[0]), ElementsAre("from \\ to", "gpu0", "gpu1", "gpu2"));
  ASSERT_EQ(tables[0].rows.size(), 3u);
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("gpu0", "-", "no way", "102"));
  EXPECT_THAT(words(tables[0].rows[2]), ElementsAre("gpu2", "120", "121", "-"));
  EXPECT_THAT(words(tables[0].remarks), Contains("push gpu0 -> gpu1: not possible; Refused."));
}

TEST(PeerTables, AMatrixIsInTheOrderOfTheNumbers) {
  EXPECT_EQ(headings(peer_tables(mesh(12)).at(0)).back(), "gpu11");
}

TEST(PeerTables, ManyCellsWithOneReasonAreOneRemark) {
  auto run = mesh(4);
  for (auto& cell : run.cells) cell = result::unmeasured(cell, Status::unsupported, "Refused.");
  const auto table = peer_tables(run).at(0);
  EXPECT_TRUE(table.rows.empty());
  ASSERT_EQ(table.remarks.size(), 1u);
  EXPECT_EQ(table.remarks[0].words, "all: not possible; Refused.");

  run.cells[0] = mesh(4).cells[0];
  const auto mixed = peer_tables(run).at(0);
  ASSERT_FALSE(mixed.remarks.empty());
  EXPECT_THAT(mixed.remarks[0].words, HasSubstr("and 7 more: not possible; Refused."));
}

TEST(PeerTables, SizesStandApart) {
  auto run = result::dual_rtx3090_nvlink();
  const auto before = peer_tables(run).size();
  auto small = run.cells[0];
  small.bytes = 4 * KiB;
  run.cells.push_back(small);
  const auto tables = peer_tables(run);
  ASSERT_EQ(tables.size(), before + 1);
  EXPECT_THAT(tables.back().title, HasSubstr("4 KiB"));
}

TEST(PoolTables, CountTrafficAndSayTheRuleOfEachOperation) {
  const auto tables = pool_tables(result::no_gpu());
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_THAT(tables[0].note, HasSubstr("triad: 2 arrays read + 1 written"));
  EXPECT_THAT(tables[0].note, HasSubstr("write: bytes written"));
  EXPECT_THAT(headings(tables[0]), ElementsAre("op", "by", "GB/s", "min-max", "cv", "array"));
  EXPECT_THAT(words(tables[0].rows[3]),
              ElementsAre("triad", "host0 2 threads", "20.0", "19.98-20.06", "0.2 %", "512 MiB"));
}

TEST(PoolTables, RulesAreShortHereAndWholeInTheFile) {
  auto run = result::no_gpu();
  run.cells.resize(1);
  run.cells[0].counting_rule = "traffic: bytes read (N), over the common window of all threads";
  EXPECT_EQ(pool_tables(run).at(0).note, "GB/s, bytes read (N).");
}

TEST(PoolTables, CardsAndHostStandApartUnlessTheyAreOnePool) {
  EXPECT_EQ(pool_tables(result::dual_rtx3090_nvlink()).size(), 2u);
  const auto shared = pool_tables(result::dgx_spark());
  ASSERT_EQ(shared.size(), 1u);
  EXPECT_EQ(shared[0].rows.size(), 3u);
  EXPECT_THAT(words(shared[0].rows[0]), Contains("79 %"));
}

TEST(OtherTables, ShowEveryCellThatNoOtherTableShows) {
  auto run = result::dual_rtx3090_nvlink();
  EXPECT_TRUE(other_tables(run).empty());
  auto odd = run.cells[0];
  odd.name = "host/ce/h2d/uni/host0-gpu0/bytes:268435456";
  odd.family = "host";
  odd.kind = "h2d";
  run.cells.push_back(odd);
  odd.name = "peer/ce/ring/uni/gpu0-gpu1/bytes:268435456";
  odd.family = "peer";
  odd.kind = "ring";
  run.cells.push_back(odd);
  const auto tables = other_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  ASSERT_EQ(tables[0].rows.size(), 2u);
  EXPECT_EQ(tables[0].rows[0][0].words, "host/ce/h2d/uni/host0-gpu0/bytes:268435456");
  EXPECT_EQ(tables[0].rows[1][1].words, "51.0");
}

}  // namespace
}  // namespace peerbench::report
