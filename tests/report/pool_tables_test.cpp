// SPDX-License-Identifier: Apache-2.0
// The tables of memory pools: whose memory, by whom, both at once, between nodes, and its latency.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../result/sample_cells.hpp"
#include "../result/sample_runs.hpp"
#include "report/tables.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using result::Cell;
using testing::ElementsAre;

TEST(PoolTables, AKernelStandsBesideTheEngine) {
  result::Run run;
  Cell read = result::pool_cell("read", "gpu0", 0, 900);
  Cell copy = result::pool_cell("copy", "gpu0", 0, 840);
  for (Cell* cell : {&read, &copy}) {
    rekey(*cell, [](auto& key) { key.engine = result::Engine::sm; });
  }
  run.cells = {result::pool_cell("copy", "gpu0", 0, 829), copy, read};
  const auto table = pool_tables(run).at(0);
  EXPECT_EQ(table.title, "Memory of the GPUs");
  EXPECT_EQ(table.rows[0][1].words, "gpu0 engine");
  EXPECT_EQ(table.rows[1][1].words, "gpu0 kernel");
  EXPECT_EQ(table.rows[2][1].words, "gpu0 kernel");
}

TEST(PoolTables, SomeCoresAreNamedBesideTheThreads) {
  result::Run run;
  Cell one = result::pool_cell("read", "host0", 1, 30);
  rekey(one, [](auto& key) { key.cores = "one"; });
  Cell big = result::pool_cell("read", "host0", 1, 38);
  rekey(big, [](auto& key) { key.cores = "one-big"; });
  Cell cluster = result::pool_cell("read", "host0", 10, 100);
  rekey(cluster, [](auto& key) { key.cores = "cluster0"; });
  run.cells = {one, big, cluster};
  const auto table = pool_tables(run).at(0);
  EXPECT_EQ(table.rows[0][1].words, "host0 1 thread");
  EXPECT_EQ(table.rows[1][1].words, "host0 1 thread, big");
  EXPECT_EQ(table.rows[2][1].words, "host0 10 threads, cluster0");
}

TEST(PoolTables, SayWhyTheCpusRowsHaveNoVerdict) {
  result::Run run = result::dgx_spark();
  Cell cpu = result::pool_cell("read", "host0", 20, 160);
  cpu.efficiency = 0.59;
  cpu.verdict = result::Verdict::not_judged;
  cpu.basis = result::Basis{.cause = result::Cause::cores_alone};
  Cell gpu = result::pool_cell("read", "gpu0", 0, 228);
  rekey(gpu, [](auto& key) { key.engine = result::Engine::sm; });
  gpu.verdict = result::Verdict::good;
  gpu.efficiency = 0.84;
  const auto last = [](const Table& table) { return table.remarks.back().words; };
  run.cells = {gpu, cpu};
  const auto both = pool_tables(run).at(0);
  EXPECT_EQ(last(both),
            "No verdict: CPU cores alone need not reach what the pool gives to CPU and GPU.");
  EXPECT_THAT(words(both.rows[1]), testing::Contains("59 %"));
  run.cells = {cpu};
  EXPECT_EQ(last(pool_tables(run).at(0)),
            "No verdict: CPU cores alone need not reach what the pool gives to CPU and GPU.");
  run.cells[0].basis->cause = result::Cause::too_small;
  EXPECT_THAT(last(pool_tables(run).at(0)), testing::HasSubstr("so small that starting"));
  run.cells[0].basis.reset();  // of a file from before it was kept
  run.cells[0].verdict_reason = "not judged: as that file says";
  EXPECT_EQ(last(pool_tables(run).at(0)), "No verdict: not judged: as that file says.");
}

/// CPU threads and a GPU reading at once, as bench/together.cpp makes the cell.
Cell both_reading(const char* cores, int threads, std::optional<result::MemoryKind> memory,
                  double gpu, double cpu) {
  Cell cell = result::pool_cell("read", "host0", threads, gpu + cpu);
  rekey(cell, [&](auto& key) {
    key.kind = result::Kind::together;
    key.cores = cores;
    key.background = result::BackgroundLoad{0, memory};
  });
  cell.flows = {{"gpu0", "gpu0", "gpu0", gpu}, {"host0", "host0", "host0", cpu}};
  return cell;
}

TEST(TogetherTable, OnOneChipEachOnesRateAndTheSumOfThePool) {
  result::Run run = result::dgx_spark();
  Cell lost = result::unmeasured(both_reading("", 20, {}, 0, 0), result::Status::error, "No end.");
  lost.flows.clear();
  run.cells = {result::pool_cell("read", "host0", 20, 160), both_reading("one", 1, {}, 201, 37.8),
               both_reading("big", 10, {}, 179, 60.7), lost};
  for (int i : {1, 2}) {
    run.cells[static_cast<std::size_t>(i)].efficiency = 0.88;
    run.cells[static_cast<std::size_t>(i)].verdict = result::Verdict::good;
  }
  const auto tables = pool_tables(run);
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].rows.size(), 1u) << "those of both are in a table of their own";
  const Table& table = tables[1];
  EXPECT_EQ(table.title, "CPU and GPU reading at the same time");
  EXPECT_THAT(table.note, testing::HasSubstr("sum: what the pool gave to both"));
  EXPECT_THAT(headings(table), ElementsAre("CPU", "GPU", "GPU\nGB/s", "CPU\nGB/s", "sum", "cv",
                                           "of\nceiling", "verdict"));
  EXPECT_THAT(words(table.rows[0]), ElementsAre("host0 1 thread", "gpu0", "201", "37.8", "239",
                                                testing::_, "88 %", "good"));
  EXPECT_THAT(words(table.rows[1]), testing::Contains("host0 10 threads, big"));
  EXPECT_THAT(words(table.rows[2]),
              ElementsAre("host0 20 threads", "-", "-", "-", "error", testing::_, "-", "-"));
  EXPECT_TRUE(other_tables(run).empty());
}

TEST(TogetherTable, OnASuperchipWhoseMemoryTheGpuReads) {
  result::Run run;
  run.machine.machine_class = machine::Class::coherent_superchip;
  run.cells = {result::pool_cell("read", "host0", 72, 440),
               both_reading("", 72, result::MemoryKind::device, 3270, 440),
               both_reading("", 72, result::MemoryKind::pinned, 244, 246)};
  const auto tables = pool_tables(run);
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].title, "Memory of the host");
  EXPECT_EQ(tables[0].rows.size(), 1u);
  const Table& table = tables[1];
  EXPECT_THAT(table.note, testing::HasSubstr("device, its own memory, or pinned, the CPU's"));
  EXPECT_EQ(headings(table)[2], "GPU\nreads");
  EXPECT_EQ(table.rows[0][2].words, "device");
  EXPECT_EQ(table.rows[1][2].words, "pinned");
  EXPECT_EQ(table.rows[1][3].words, "244");
  EXPECT_EQ(table.rows[1][4].words, "246");
  EXPECT_TRUE(numa_tables(run).empty());
}

TEST(ChaseTables, SayWhoLoadsFromWhere) {
  EXPECT_TRUE(chase_tables(result::Run()).empty());
  result::Run run;
  Cell cell = result::pool_cell("read", "host0", 1, 113);
  rename(cell, "latency/cpu/chase/host0/bytes:268435456");
  cell.unit = "ns";
  cell.cores = "one-big";
  cell.counting_rule = "time of one load, by one thread";
  run.cells = {cell};
  const auto tables = chase_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].note, "ns, time of one load, by one thread.");
  EXPECT_EQ(tables[0].rows[0][0].words, "host0, big core");
  EXPECT_EQ(tables[0].rows[0][1].words, "host0, pageable");
  EXPECT_EQ(tables[0].rows[0][2].words, "113");
  EXPECT_TRUE(pool_tables(run).empty());
  EXPECT_TRUE(latency_tables(run).empty());
  EXPECT_TRUE(other_tables(run).empty());
}

TEST(NumaTables, AMatrixOfWhoseCoresAndWhoseMemory) {
  EXPECT_TRUE(numa_tables(result::no_gpu()).empty());
  result::Run run;
  run.machine.machine_class = machine::Class::no_gpu;
  const auto add = [&](const std::string& by, const std::string& memory, double rate) {
    Cell cell = result::pool_cell("read", memory, 8, rate);
    if (by != memory) {
      rename(cell, fmt::format("pool/cpu/read/{}/by:{}/threads:8/bytes:536870912", memory, by));
    }
    run.cells.push_back(cell);
  };
  add("host0", "host0", 100);
  add("host1", "host1", 101);
  add("host1", "host0", 40);
  Cell one = run.cells.front();
  rekey(one, [](auto& key) { key.cores = "one"; });
  one.median = 12;
  run.cells.push_back(one);
  const auto tables = numa_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "Between NUMA nodes: read");
  EXPECT_THAT(headings(tables[0]), ElementsAre("by", "host0", "host1"));
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("host0", "100", "-"));
  EXPECT_THAT(words(tables[0].rows[1]), ElementsAre("host1", "40.0", "101"));
  EXPECT_EQ(pool_tables(run).at(0).rows.size(), 3u);  // not the one between nodes
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
