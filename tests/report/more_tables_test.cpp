// SPDX-License-Identifier: Apache-2.0
// The tables of what is not one pair's copies: many flows, small copies, host and GPU.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../result/sample_cells.hpp"
#include "../result/sample_machines.hpp"
#include "../result/sample_runs.hpp"
#include "report/render.hpp"
#include "report/tables.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using result::Cell;
using result::Status;
using testing::_;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string name(int card) { return fmt::format("gpu{}", card); }

Cell latency(const std::string& kind, int from, int to, double us) {
  Cell cell = result::peer_cell(kind, "uni", name(from), name(to), us);
  rename(cell, fmt::format("latency/ce/{}/gpu{}-gpu{}/bytes:16", kind, from, to));
  cell.unit = "us";
  cell.counts = result::Counts::none;
  cell.counting_rule.clear();
  return cell;
}

Cell many(const std::string& shape, double total, const std::vector<result::Flow>& flows) {
  Cell cell = result::peer_cell("push", "uni", "gpu0", "gpu1", total);
  rename(cell, "peer/ce/push/" + shape + "/bytes:268435456");
  cell.flows = flows;
  return cell;
}

Cell host(const std::string& kind, const std::string& memory, double rate) {
  Cell cell = result::peer_cell("push", "uni", "gpu0", "gpu1", rate);
  rename(cell,
         fmt::format("host/ce/{}/{}/{}/{}/bytes:268435456", kind, kind == "both" ? "bi" : "uni",
                     kind == "d2h" ? "gpu0-host0" : "host0-gpu0", memory));
  return cell;
}

TEST(LatencyTables, FewPairsAreRowsInMicroseconds) {
  result::Run run;
  run.cells = {latency("push", 0, 1, 2.29), latency("staged", 0, 1, 18.3),
               latency("push", 1, 0, 2.31)};
  const auto tables = latency_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "Small copies between GPUs: copy engine, 16 B");
  EXPECT_THAT(tables[0].note, HasSubstr("us, the median time of one copy"));
  EXPECT_THAT(headings(tables[0]), ElementsAre("from -> to", "push", "spread", "staged", "spread"));
  EXPECT_THAT(words(tables[0].rows[0]),
              ElementsAre("gpu0 -> gpu1", "2.29", "2.286-2.294", "18.3", "18.27-18.33"));
  EXPECT_THAT(words(tables[0].rows[1]), ElementsAre("gpu1 -> gpu0", "2.31", _, "-", "-"));
}

TEST(LatencyTables, ManyPairsAreAMatrix) {
  result::Run run = result::quad_bridged_pairs();
  for (int from = 0; from < 4; ++from) {
    for (int to = 0; to < 4; ++to) {
      if (from != to) run.cells.push_back(latency("push", from, to, 2 + from + 0.1 * to));
    }
  }
  run.cells[1] = result::unmeasured(run.cells[1], Status::unsupported, "Refused.");
  const auto tables = latency_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "Small copies between GPUs: copy engine, 16 B, push");
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("gpu0", "X", "2.10", "no way", "2.30"));
  EXPECT_THAT(words(tables[0].rows[3]), ElementsAre("gpu3", "5.00", "5.10", "5.20", "X"));
  EXPECT_THAT(words(tables[0].remarks), ElementsAre("gpu0 -> gpu2: not possible; Refused."));
}

TEST(LatencyTables, NameWhatWasTimed) {
  result::Run run;
  run.cells = {latency("push", 0, 1, 2.29), latency("push", 0, 1, 6.1)};
  rename(run.cells[1], "latency/ce/submission/push/gpu0-gpu1/bytes:16");
  run.cells[1].counting_rule = "time of one copy alone by the host's clock";
  const auto tables = latency_tables(run);
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].title, "Small copies between GPUs: copy engine, 16 B");
  EXPECT_EQ(tables[1].title, "A small copy from the host's call to its end: copy engine, 16 B");
  EXPECT_THAT(tables[1].note, HasSubstr("us, time of one copy alone by the host's clock."));
  EXPECT_THAT(words(tables[1].rows[0]), ElementsAre("gpu0 -> gpu1", "6.10", _));
}

Cell load(const std::string& kind, const std::string& from, int reader, double us) {
  Cell cell = latency("push", 0, 1, us);
  rename(cell, fmt::format("latency/sm/chase/{}/bytes:1048576",
                           kind == "local" ? from + "/device"
                           : kind == "h2d" ? fmt::format("{}-gpu{}/pinned", from, reader)
                                           : fmt::format("{}-gpu{}", from, reader)));
  cell.counting_rule = "time of one load that waits for the one before";
  return cell;
}

TEST(LoadTables, SayWhoReadsWhoseMemory) {
  result::Run run;
  run.cells = {latency("push", 0, 1, 2.29), load("pull", "gpu0", 1, 1.1),
               load("local", "gpu0", 0, 0.6), load("h2d", "host0", 0, 1.5)};
  EXPECT_EQ(latency_tables(run)[0].rows.size(), 1u);
  const auto tables = load_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "Loads that wait for each other: pointer chase, 1 MiB");
  EXPECT_THAT(tables[0].note, HasSubstr("us, time of one load that waits for the one before."));
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("gpu1", "gpu0", "1.10", _));
  EXPECT_THAT(words(tables[0].rows[1]), ElementsAre("gpu0", "its own", "0.600", _));
  EXPECT_THAT(words(tables[0].rows[2]), ElementsAre("gpu0", "host0 pinned", "1.50", _));
}

TEST(LoadTables, PageFaultsStandApart) {
  result::Run run;
  Cell cell;
  rename(cell, "latency/sm/fault/gpu0/managed/bytes:67108864");
  cell.unit = "us";
  cell.status = result::Status::ok;
  cell.median = 25.1;
  run.cells = {cell};
  const auto tables = load_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "Page faults: managed memory that is with the host");
  EXPECT_EQ(tables[0].rows[0][0].words, "gpu0");
  EXPECT_EQ(tables[0].rows[0][1].words, "25.1");
  EXPECT_TRUE(other_tables(run).empty());
}

TEST(LoadTables, OfManyPairsAreAMatrixFromOwnerToReader) {
  result::Run run = result::quad_bridged_pairs();
  run.cells.clear();
  for (int from = 0; from < 4; ++from) {
    for (int to = 0; to < 4; ++to) {
      run.cells.push_back(load(from == to ? "local" : "pull", name(from), to, 1 + from + 0.1 * to));
    }
  }
  const auto tables = load_tables(run);
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_THAT(tables[0].note, HasSubstr("The column's GPU reads the row's memory."));
  EXPECT_THAT(words(tables[0].rows[2]), ElementsAre("gpu2", "3.00", "3.10", "X", "3.30"));
  EXPECT_EQ(tables[1].rows.size(), 4u);
  EXPECT_THAT(words(tables[1].rows[3]), ElementsAre("gpu3", "its own", "4.30", _));
}

Cell flags(int one, int other, double us) {
  Cell cell = latency("push", one, other, us);
  rename(cell, fmt::format("latency/sm/ping-pong/gpu{}-gpu{}/bytes:8", one, other));
  cell.counting_rule = "half of a round trip of a flag";
  return cell;
}

TEST(FlagTables, GiveOneWayAndTheRoundTrip) {
  result::Run run;
  run.cells = {flags(0, 1, 0.85)};
  EXPECT_TRUE(latency_tables(run).empty());
  const auto tables = flag_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_THAT(tables[0].note, HasSubstr("us, half of a round trip of a flag."));
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("gpu0 <-> gpu1", "0.850", _, "1.70"));
}

TEST(FlagTables, OfManyPairsAreAMatrixWithBothNamesOfAPair) {
  result::Run run = result::quad_bridged_pairs();
  run.cells.clear();
  for (int one = 0; one < 4; ++one) {
    for (int other = one + 1; other < 4; ++other) {
      run.cells.push_back(flags(one, other, 1 + one + 0.1 * other));
    }
  }
  run.cells[0] = result::unmeasured(run.cells[0], Status::unsupported, "Refused.");
  const auto tables = flag_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_THAT(words(tables[0].rows[1]), ElementsAre("gpu1", "no way", "X", "2.20", "2.30"));
  EXPECT_THAT(words(tables[0].rows[3]), ElementsAre("gpu3", "1.30", "2.30", "3.30", "X"));
}

TEST(LatencyTables, OfTheFirstCardsPairsAloneAreRows) {
  result::Run run;
  for (int to = 1; to < 8; ++to) run.cells.push_back(latency("push", 0, to, 2));
  for (auto& cell : run.cells) cell.counting_rule = "time of one copy in a chain";
  const auto tables = latency_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].rows.size(), 7u);
  EXPECT_THAT(tables[0].note, HasSubstr("us, time of one copy in a chain."));
}

TEST(HostTables, FitEightyColumns) {
  result::Run run;
  for (const char* kind : {"h2d", "d2h", "both"}) {
    run.cells.push_back(host(kind, "pageable", 25.5));
    run.cells.back().efficiency = 0.87;
    run.cells.push_back(host(kind, "pinned", 25.5));
    rekey(run.cells.back(), [](auto& key) { key.engine = result::Engine::sm; });
  }
  const auto page = render(Format::terminal, run, {.view = every_table});
  ASSERT_TRUE(page.has_value());
  EXPECT_THAT(*page, HasSubstr("  host0, gpu0  pageable  engine  25.5  87 %  25.5  87 %  25.5  87 "
                               "%\n"));
}

TEST(ManyFlowTables, ShowTheTotalAndWhatEachFlowGot) {
  result::Run run;
  run.cells = {result::peer_cell("push", "uni", "gpu0", "gpu1", 50),
               result::peer_cell("push", "uni", "gpu2", "gpu3", 40),
               many("disjoint-pairs/gpus:0,1,2,3", 60,
                    {{"gpu0", "gpu1", "gpu0", 25.0}, {"gpu2", "gpu3", "gpu2", 36.0}})};
  const auto tables = many_flow_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "GPU to GPU, many at once: copy engine, 256 MiB");
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("disjoint pairs", "push", "4", "2", "60.0",
                                                    "25.0", "30.5", "36.0", "70 %"));
}

TEST(ManyFlowTables, ClaimNoShareWhereAPairAloneWasNotMeasured) {
  result::Run run;
  Cell all = many("one-to-all/gpu0-all", 90,
                  {{"gpu0", "gpu1", "gpu0", 30.0}, {"gpu0", "gpu2", "gpu0", 30.0}});
  run.cells = {result::peer_cell("push", "uni", "gpu0", "gpu1", 50),
               result::peer_cell("staged", "uni", "gpu0", "gpu2", 10), all};
  const auto table = many_flow_tables(run).at(0);
  EXPECT_THAT(headings(table), testing::Not(Contains("of alone")));
  EXPECT_EQ(table.rows[0][0].words, "one to all (gpu0)");
}

TEST(ManyFlowTables, WhatFailedIsAWordWithItsReason) {
  result::Run run;
  run.cells = {
      many("all-to-all/gpus:0,1,2,3", 90, {{"gpu0", "gpu1", "gpu0", 30.0}}),
      result::unmeasured(many("disjoint-pairs/gpus:0,1,2,3", 1, {}), Status::corrupt, "Byte 5.")};
  const auto table = many_flow_tables(run).at(0);
  EXPECT_THAT(words(table.rows[1]),
              ElementsAre("disjoint pairs", "push", "-", "-", "corrupt", "-", "-", "-"));
  EXPECT_THAT(words(table.remarks), Contains("push disjoint pairs: corrupt; Byte 5."));
}

TEST(HostTables, ShowBothWaysByMemoryAndEngine) {
  result::Run run;
  Cell kernel = host("h2d", "pinned", 23);
  rekey(kernel, [](auto& key) { key.engine = result::Engine::sm; });
  run.cells = {host("h2d", "pinned", 25), host("d2h", "pinned", 26), host("both", "pinned", 45),
               host("h2d", "pageable", 9), kernel};
  const auto tables = host_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "Between host and GPU: 256 MiB");
  EXPECT_THAT(headings(tables[0]),
              ElementsAre("between", "host\nmemory", "by", "to\ncard", "to\nhost", "both\nways"));
  ASSERT_EQ(tables[0].rows.size(), 3u);
  EXPECT_THAT(words(tables[0].rows[0]),
              ElementsAre("host0, gpu0", "pinned", "engine", "25.0", "26.0", "45.0"));
  EXPECT_THAT(words(tables[0].rows[1]),
              ElementsAre("host0, gpu0", "pageable", "engine", "9.00", "-", "-"));
  EXPECT_THAT(words(tables[0].rows[2]),
              ElementsAre("host0, gpu0", "pinned", "kernel", "23.0", "-", "-"));
}

TEST(OtherTables, LeaveToTheirOwnTablesWhatHasOne) {
  result::Run run;
  run.cells = {latency("push", 0, 1, 2.29), many("all-to-all/gpus:0,1,2,3", 60, {}),
               host("h2d", "pinned", 25)};
  EXPECT_TRUE(other_tables(run).empty());
}

TEST(HostTables, MemoryOfAnotherNodeHasARowOfItsOwnAndARatio) {
  result::Run run;
  run.machine.gpus.resize(1);
  run.machine.gpus[0].numa_node = 0;
  run.machine.pools.resize(1);
  run.machine.pools[0].numa_node = 0;
  run.cells = {host("h2d", "pinned", 378), host("h2d", "pinned", 132), host("h2d", "pinned", 189)};
  rekey(run.cells[1], [](auto& key) { key.source->index = 1; });
  rekey(run.cells[2], [](auto& key) { key.source->index = 2; });
  const auto tables = host_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  ASSERT_EQ(tables[0].rows.size(), 3u);
  EXPECT_EQ(tables[0].rows[0][0].words, "host0, gpu0");
  EXPECT_EQ(tables[0].rows[1][0].words, "host1, gpu0");
  EXPECT_THAT(words(tables[0].rows[1]), testing::Contains("132"));
  EXPECT_THAT(tables[0].note,
              HasSubstr("From memory of another NUMA node: 35-50 % of the rate from "
                        "the GPU's own."));
  EXPECT_THAT(tables[0].note, Not(HasSubstr("To memory")));
}

TEST(Remarks, AreOneForPairsWhoseReasonsDifferInTheirNamesOnly) {
  result::Run run;
  for (const auto& [src, dst] : {std::pair{"gpu0", "gpu1"}, std::pair{"gpu1", "gpu0"}}) {
    run.cells.push_back(result::unmeasured(
        result::peer_cell("push", "uni", src, dst, 1), Status::unsupported,
        fmt::format("the driver refuses peer access from {} to {} (0)", src, dst)));
    run.cells.push_back(result::peer_cell("staged", "uni", src, dst, 22));
  }
  EXPECT_THAT(
      words(peer_tables(run).at(0).remarks),
      Contains("push gpu0 -> gpu1, push gpu1 -> gpu0: not possible; the driver refuses peer "
               "access (0)"));
  run.cells.resize(2);
  EXPECT_THAT(words(peer_tables(run).at(0).remarks),
              Contains("push gpu0 -> gpu1: not possible; the driver refuses peer access from gpu0 "
                       "to gpu1 (0)"))
      << "of one pair the reason stays as it is";
}

TEST(Remarks, SayWhereTheRunLiesInTheBandOfOthers) {
  result::Run run;
  run.cells = {result::peer_cell("push", "uni", "gpu0", "gpu1", 26.5),
               result::peer_cell("push", "uni", "gpu1", "gpu0", 24.0),
               result::peer_cell("staged", "uni", "gpu0", "gpu1", 22.31)};
  run.cells[0].band = run.cells[1].band = result::Band{26.31, 27.02, "https://example.org"};
  run.cells[2].band = result::Band{22.27, 22.27, "https://example.org"};
  const auto remarks = words(peer_tables(run).at(0).remarks);
  EXPECT_THAT(remarks, Contains("push: this run is from 9 % below to within what others measured "
                                "on such GPUs, 26.31-27.02 GB/s: https://example.org"));
  EXPECT_THAT(remarks, Contains("staged: this run is equal to what others measured on such GPUs, "
                                "22.27 GB/s: https://example.org"));
  run.cells[2].median = 30;
  EXPECT_THAT(words(peer_tables(run).at(0).remarks), Contains(HasSubstr("this run is 35 % above")));
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
