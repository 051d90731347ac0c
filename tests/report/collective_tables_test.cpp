// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "../result/sample_cells.hpp"
#include "report/tables.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using result::Cell;
using result::Status;
using testing::ElementsAre;
using testing::HasSubstr;

Cell cell(const std::string& op, const std::string& dtype, Bytes bytes) {
  Cell cell;
  rename(cell, "collective/nccl/" + op + "/gpus:0,1/" + dtype + "/bytes:" + std::to_string(bytes));
  cell.counts = result::Counts::busbw;
  cell.status = Status::ok;
  cell.verified = true;
  return cell;
}

result::Run run_of(std::vector<Cell> cells) {
  result::Run run;
  run.cells = std::move(cells);
  return run;
}

TEST(CollectiveTables, ARowForEachCollectiveAndSize) {
  Cell small = cell("all_reduce", "float", 8 * KiB);
  small.median = 0.92;
  small.algbw = 0.92;
  small.time_us = 8.9;
  small.efficiency = 0.0164;
  small.transport = "P2P";
  small.notes = {"NCCL 2.28.9; NCCL says it used P2P/direct pointer"};
  Cell large = cell("all_gather", "float", 256 * MiB);
  large.median = 47.25;
  large.algbw = 94.5;
  large.time_us = 2840.6;
  large.efficiency = 0.84;
  large.transport = "P2P";
  const auto tables = collective_tables(run_of({small, large}));
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "Collectives over gpu0, gpu1: NCCL, float");
  EXPECT_THAT(words(tables[0].rows[0]),
              ElementsAre("all_reduce", "8 KiB", "8.90 us", "0.920", "0.920", "2 %", "P2P"));
  EXPECT_THAT(words(tables[0].rows[1]),
              ElementsAre("all_gather", "256 MiB", "2.84 ms", "94.5", "47.2", "84 %", "P2P"));
  EXPECT_THAT(tables[0].remarks[0].words, HasSubstr("NCCL says it used P2P/direct pointer"));
}

TEST(CollectiveTables, ATableForEachTypeAndWayToLaunch) {
  Cell graph = cell("all_reduce", "float", 8);
  rekey(graph, [](auto& key) { key.launch = result::Launch::graph; });
  const auto tables =
      collective_tables(run_of({cell("all_reduce", "float", 8), cell("all_reduce", "half", 8),
                                graph, cell("broadcast", "half", 8)}));
  ASSERT_EQ(tables.size(), 3u);
  EXPECT_EQ(tables[1].rows.size(), 2u);
  EXPECT_EQ(tables[2].title, "Collectives over gpu0, gpu1: NCCL, float, replayed as a graph");
}

TEST(CollectiveTables, WhatHoldsForAllIsSaidOnce) {
  Cell first = cell("all_reduce", "float", 8), second = cell("all_reduce", "half", 8);
  for (Cell* each : {&first, &second}) {
    each->status = Status::unsupported;
    each->reason = "NCCL was not found; install it";
  }
  const auto tables = collective_tables(run_of({first, second}));
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_TRUE(tables[0].rows.empty());
  ASSERT_EQ(tables[0].remarks.size(), 1u);
  EXPECT_EQ(tables[0].remarks[0].words, "all: not possible; NCCL was not found; install it");
}

TEST(CollectiveTables, NoneWithoutCells) { EXPECT_TRUE(collective_tables({}).empty()); }

}  // namespace TEST_FILE
}  // namespace peerbench::report
