// SPDX-License-Identifier: Apache-2.0
#include "report/tables.hpp"
#include "../result/sample_cells.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "../result/sample_runs.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using result::Status;
using result::Verdict;
using testing::_;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A run of nothing but GPU-to-GPU copies between `count` GPUs, each at 400 + 10 * src + dst
/// GB/s.
result::Run mesh(int count) {
  result::Run run;
  run.machine.machine_class = machine::Class::discrete_nvlink;
  result::add_gpus(run, count, "NVIDIA H100 80GB HBM3");
  for (int src = 0; src < count; ++src) {
    for (int dst = 0; dst < count; ++dst) {
      if (src == dst) continue;
      run.cells.push_back(result::peer_cell("push", "uni", fmt::format("gpu{}", src),
                                            fmt::format("gpu{}", dst), 400 + 10 * src + dst));
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
  run.cells[0].settled = false;
  const auto remarks = words(peer_tables(run).at(0).remarks);
  EXPECT_THAT(remarks, Contains(HasSubstr("the data was not verified")));
  EXPECT_THAT(remarks, Contains(HasSubstr("time budget ended")));
  EXPECT_THAT(remarks, Contains(HasSubstr("had not settled")));
}

TEST(PeerTables, ThreeCardsKeepARowADirection) {
  auto run = mesh(3);
  run.cells.push_back(result::peer_cell("push", "bi", "gpu0", "gpu2", 210));
  run.cells.push_back(result::peer_cell("push", "bi", "gpu0", "gpu1", 200));
  run.cells.push_back(result::peer_cell("staged", "bi", "gpu0", "gpu2", 42));
  const auto tables = peer_tables(run);
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(headings(tables[0])[0], "from -> to");
  EXPECT_EQ(tables[0].rows.size(), 6u);
  EXPECT_THAT(headings(tables[1]), ElementsAre("pair", "way", "->", "<-", "sum", "ratio"));
  EXPECT_THAT(words(tables[1].rows[0]),
              ElementsAre("gpu0 <-> gpu2", "push", "105", "105", "210", "5.0x"));
  EXPECT_EQ(tables[1].rows[1][1].words, "staged") << "the ways of a pair stand together";
  EXPECT_THAT(words(tables[1].rows[2]),
              ElementsAre("gpu0 <-> gpu1", "push", "100", "100", "200", "-"))
      << "no ratio over another pair's staged sum";
}

TEST(PeerTables, AKernelsRowStandsBelowTheEngines) {
  auto run = result::dual_rtx3090_nvlink();
  auto kernel = result::peer_cell("push", "uni", "gpu0", "gpu1", 45.16);
  rekey(kernel, [](auto& key) { key.engine = result::Engine::sm; });
  run.cells.push_back(kernel);
  rekey(kernel, [](auto& key) { key.shape = result::Shape::bi; });
  kernel.flows = {{"gpu0", "gpu1", "gpu0", 45.0}, {"gpu1", "gpu0", "gpu1", 44.0}};
  run.cells.push_back(kernel);
  const auto tables = peer_tables(run);
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].title, "GPU to GPU, one way: 256 MiB");
  EXPECT_THAT(words(tables[0].rows[0]),
              ElementsAre("gpu0 -> gpu1", "engine", "51.0", "50.9", "11.3", "4.5x", _, _, _));
  EXPECT_THAT(words(tables[0].rows[1]),
              ElementsAre("gpu0 -> gpu1", "kernel", "45.2", "-", "-", "4.0x", _, _, _));
  EXPECT_EQ(tables[0].rows.size(), 3u) << "none of what was not measured";
  EXPECT_THAT(words(tables[1].rows[3]), ElementsAre("push kernel", "45.0", "44.0", _, _, _, _, _));
}

TEST(PeerTables, MorePairsAreAMatrixOfRowToColumn) {
  auto run = mesh(4);
  run.cells[0] = result::unmeasured(run.cells[0], Status::unsupported, "Refused.");
  const auto tables = peer_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_THAT(tables[0].note, HasSubstr("leave the row's GPU and arrive at the column's"));
  EXPECT_THAT(tables[0].note, HasSubstr("no way: not possible"));
  EXPECT_THAT(headings(tables[0]), ElementsAre("from \\ to", "gpu0", "gpu1", "gpu2", "gpu3"));
  ASSERT_EQ(tables[0].rows.size(), 4u);
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("gpu0", "X", "no way", "402", "403"));
  EXPECT_THAT(words(tables[0].rows[2]), ElementsAre("gpu2", "420", "421", "X", "423"));
  EXPECT_THAT(words(tables[0].remarks), Contains("gpu0 -> gpu1: not possible; Refused."));
}

TEST(PeerTables, EachKindAndWayIsAMatrix) {
  auto run = mesh(4);
  const auto push = run.cells;
  for (auto cell : push) {
    rekey(cell, [](auto& key) { key.kind = result::Kind::staged; });
    cell.median = 20;
    run.cells.push_back(cell);
    rekey(cell, [](auto& key) {
      key.kind = result::Kind::push;
      key.shape = result::Shape::bi;
    });
    if (cell.src < cell.dst) run.cells.push_back(cell);
  }
  const auto tables = peer_tables(run);
  ASSERT_EQ(tables.size(), 3u);
  EXPECT_EQ(tables[0].title, "GPU to GPU, one way: copy engine, 256 MiB, push");
  EXPECT_EQ(tables[1].title, "GPU to GPU, one way: copy engine, 256 MiB, staged");
  EXPECT_EQ(tables[2].title, "GPU to GPU, both ways at once: copy engine, 256 MiB, push");
  EXPECT_EQ(tables[2].rows[3][1].words, "20.0") << "a sum is that of both its entries";
  EXPECT_THAT(tables[2].note, HasSubstr("all bytes of both ways"));
}

TEST(PeerTables, APairFarBelowThoseJoinedAlikeIsMarked) {
  auto run = mesh(4);
  for (auto& cell : run.cells) cell.median = 400;
  run.cells[1].median = 361;  // gpu0 -> gpu2: within a tenth
  run.cells[3].median = 359;  // gpu1 -> gpu0
  run.cells[0].median = 340;  // gpu0 -> gpu1
  for (const std::size_t i : {0, 3}) run.cells[i].below_peers = 400;
  const auto table = peer_tables(run).at(0);
  EXPECT_THAT(words(table.rows[0]), ElementsAre("gpu0", "X", "340~", "361", "400"));
  EXPECT_EQ(table.rows[0][2].tone, Tone::warning);
  EXPECT_EQ(table.rows[1][1].words, "359~");
  ASSERT_FALSE(table.remarks.empty());
  EXPECT_EQ(
      table.remarks[0].words,
      "gpu0 <-> gpu1: ~ 340-359, more than 10 % below 400, the median of the pairs joined alike");
}

TEST(PeerTables, AMatrixSaysWhatIsWrongInWords) {
  auto run = mesh(4);
  run.cells[0] = result::unmeasured(run.cells[0], Status::corrupt, "Byte 5 differs.");
  run.cells[3] = result::unmeasured(run.cells[3], Status::corrupt, "Byte 5 differs.");
  run.cells[1] = result::unmeasured(run.cells[1], Status::hang, "No end.");
  for (const std::size_t i : {4, 5}) {
    run.cells[i].verdict = Verdict::low;
    run.cells[i].ceiling = result::Reference{225, "NVML"};
    run.cells[i].basis = result::Basis{.cause = result::Cause::links_down,
                                       .threshold = 0.7,
                                       .figures = {{"links_up", 3}, {"links_present", 4}},
                                       .quotes = {{"healthy", "links"}}};
    run.cells[i].efficiency = 0.6 + 0.01 * static_cast<double>(i);
  }
  const auto table = peer_tables(run).at(0);
  EXPECT_THAT(words(table.rows[0]), ElementsAre("gpu0", "X", "corrupt", "hang", "403"));
  EXPECT_EQ(table.rows[0][2].tone, Tone::bad);
  EXPECT_EQ(table.rows[1][3].words, "412*");
  EXPECT_THAT(words(table.remarks),
              ElementsAre("gpu0 <-> gpu1: corrupt; Byte 5 differs.", "gpu0 -> gpu2: hang; No end.",
                          StartsWith("gpu1 -> gpu2, gpu1 -> gpu3: * low; 64-65 % of 225.00 GB/s, "
                                     "healthy links reach 70 % and more: only 3 of 4 NVLinks"),
                          "ceiling 225 GB/s: NVML"))
      << "reasons that differ in the share only are one";
  EXPECT_THAT(table.note, HasSubstr("64-65 % of what the links could"));
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
  EXPECT_THAT(mixed.remarks[0].words,
              testing::AllOf(HasSubstr("11 ordered pairs (0-2, "), HasSubstr("Refused.")));
}

TEST(PeerTables, KernelsThatARefusedPairLacksTooHaveNoRows) {
  auto run = result::dual_rtx4090();
  auto pushes = std::ranges::find_if(run.cells, [](const result::Cell& cell) {
    return cell.family == "peer" && cell.kind == "push" && cell.direction == "uni";
  });
  ASSERT_NE(pushes, run.cells.end());
  ASSERT_EQ(pushes->status, Status::unsupported);
  auto kernel = *pushes;
  rekey(kernel, [](auto& key) { key.engine = result::Engine::sm; });
  const auto before = peer_tables(run).at(0);
  run.cells.push_back(kernel);
  const auto refused = peer_tables(run).at(0);
  EXPECT_EQ(refused.rows.size(), before.rows.size());
  EXPECT_EQ(refused.remarks.size(), before.remarks.size());
  run.cells.back().status = Status::error;
  const auto failed = peer_tables(run).at(0);
  EXPECT_EQ(failed.rows.size(), before.rows.size() + 1) << "an error is news";
  EXPECT_THAT(failed.remarks.at(0).words, HasSubstr("push kernel gpu"));
}

TEST(PeerTables, ACopyTooSmallToJudgeHasACeilingAllTheSame) {
  auto run = result::dual_rtx3090_nvlink();
  std::erase_if(run.cells, [](const result::Cell& cell) {
    return cell.family != "peer" || cell.direction != "uni" || cell.kind == "staged";
  });
  for (auto& cell : run.cells) {
    cell.verdict = result::Verdict::not_judged;
    cell.efficiency = 0.1;
  }
  const auto small = peer_tables(run).at(0);
  ASSERT_FALSE(small.remarks.empty());
  EXPECT_THAT(small.remarks.back().words, HasSubstr("No verdict: so small"));
  for (const auto& remark : small.remarks) {
    EXPECT_THAT(remark.words, testing::Not(HasSubstr("not known")));
  }
  EXPECT_THAT(headings(small), Contains("of link"));
}

TEST(PeerTables, SizesStandApart) {
  auto run = result::dual_rtx3090_nvlink();
  const auto before = peer_tables(run).size();
  auto small = run.cells[0];
  rekey(small, [](auto& key) { key.bytes = 4 * KiB; });
  run.cells.push_back(small);
  const auto tables = peer_tables(run);
  ASSERT_EQ(tables.size(), before + 1);
  EXPECT_THAT(tables.back().title, HasSubstr("4 KiB"));
}

TEST(PoolTables, CountTrafficAndSayTheRuleOfEachOperation) {
  const auto tables = pool_tables(result::no_gpu());
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_THAT(tables[0].note, HasSubstr("read N, write N, copy 2 N, triad 3 N"));
  EXPECT_THAT(headings(tables[0]), ElementsAre("op", "by", "GB/s", "min-max", "cv", "array"));
  EXPECT_THAT(words(tables[0].rows[3]),
              ElementsAre("triad", "host0 2 threads", "20.0", "19.98-20.06", "0.2 %", "512 MiB"));
}

TEST(PoolTables, OperationsThatAreNotThereAreNotCounted) {
  auto run = result::no_gpu();
  run.cells.resize(1);
  EXPECT_EQ(pool_tables(run).at(0).note,
            "GB/s, traffic: of arrays of N bytes read N; what is read only to be overwritten is "
            "not counted.");
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
  rename(odd, "peer/ce/push/uni/gpu0-gpu1/by-address/bytes:268435456");
  run.cells.push_back(odd);
  rename(odd, "latency/ce/push/gpu0-gpu1/bytes:16");
  odd.unit = "ns";
  run.cells.push_back(odd);
  const auto tables = other_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  ASSERT_EQ(tables[0].rows.size(), 2u);
  EXPECT_EQ(tables[0].rows[0][0].words, "peer/ce/push/uni/gpu0-gpu1/by-address/bytes:268435456");
  EXPECT_EQ(tables[0].rows[1][1].words, "51.0");
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
