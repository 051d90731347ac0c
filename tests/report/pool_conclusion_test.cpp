// SPDX-License-Identifier: Apache-2.0
// What the figures of pools come to, in sentences.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../result/sample_cells.hpp"
#include "../result/sample_machines.hpp"
#include "../result/sample_runs.hpp"
#include "report/conclusion.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using machine::Class;
using result::Cell;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> lines(const result::Run& run) {
  std::vector<std::string> words;
  for (const Text& text : pool_conclusions(run)) words.push_back(text.words);
  return words;
}

Cell kernel(const char* op, const char* memory, double rate) {
  Cell cell = result::pool_cell(op, "gpu0", 0, rate);
  rename(cell, fmt::format("pool/sm/{}/gpu0/{}/bytes:1073741824", op, memory));
  return cell;
}

machine::Pool host(int node) {
  machine::Pool pool;
  pool.id = "host" + std::to_string(node);
  pool.cores = 72;
  return pool;
}

/// One superchip: 3.7 TB/s of its own, 330 GB/s of the CPU's over C2C.
result::Run superchip() {
  result::Run run = result::dual_superchip();
  run.machine.gpus.pop_back();
  run.machine.pools = {host(0)};
  run.machine.proof = {{"cudaGetDeviceCount", "1", "no ordered pair exists"}};
  Cell faults = kernel("read", "managed", 23.5);
  rekey(faults, [](auto& key) { key.host_resident = true; });
  run.cells = {kernel("read", "device", 3700),   faults,
               kernel("read", "managed", 3700),  kernel("read", "pinned", 330),
               kernel("read", "pageable", 3600), kernel("write", "pinned", 292),
               kernel("write", "device", 3600),  result::pool_cell("read", "host0", 72, 440)};
  return run;
}

TEST(PoolConclusion, OnASuperchipTwoMemoriesSoManyTimesApart) {
  EXPECT_THAT(lines(superchip()),
              ElementsAre("CPU and GPU each have a memory, joined by NVLink-C2C: the GPU reads its "
                          "own at 3700 GB/s and the CPU's at 330, 11 times slower; it writes to "
                          "the CPU's at 292.",
                          "The CPU reads its own at 440 GB/s.",
                          "One GPU is visible, so there is no peer link to measure; NVLink-C2C to "
                          "the CPU is not one."));
}

TEST(PoolConclusion, OnASuperchipWhatTheCpuKeepsBesideTheGpu) {
  result::Run run = superchip();
  for (const auto& [memory, gpu, cpu] :
       {std::tuple{"device", 3270.0, 439.0}, std::tuple{"pinned", 244.0, 246.0}}) {
    Cell cell = result::pool_cell("read", "host0", 72, gpu + cpu);
    rename(cell, fmt::format("pool/together/read/gpu0+host0/gpu-on:{}/threads:72/bytes:536870912",
                             memory));
    cell.flows = {{"gpu0", "gpu0", "gpu0", gpu}, {"host0", "host0", "host0", cpu}};
    run.cells.push_back(cell);
    rekey(cell, [](auto& key) { key.cores = "one"; });  // a part of the curve
    cell.flows[1].median = 30;
    run.cells.insert(run.cells.begin(), cell);
  }
  EXPECT_EQ(lines(run).at(1),
            "The CPU reads its own at 440 GB/s, at 439 while the GPU reads its own, at 246 while "
            "the GPU reads there too (at 244).");
}

TEST(PoolConclusion, SaysNoMoreThanIsKnown) {
  result::Run run = superchip();
  run.machine.proof.clear();  // another GPU is hidden
  run.machine.gpus[0].c2c_ceiling.reset();
  std::erase_if(run.cells, [](const Cell& cell) { return cell.op == "write"; });
  EXPECT_THAT(lines(run), ElementsAre("CPU and GPU each have a memory, coherent: the GPU reads its "
                                      "own at 3700 GB/s and the CPU's at 330, 11 times slower.",
                                      "The CPU reads its own at 440 GB/s."));
  for (Cell& cell : run.cells) {
    if (cell.memory == "pinned")
      cell = result::unmeasured(cell, result::Status::corrupt, "Byte 5 differs.");
  }
  EXPECT_THAT(lines(run), IsEmpty());
}

TEST(PoolConclusion, ReadAlikeTheyAreNotCalledTwo) {
  result::Run run = superchip();
  for (Cell& cell : run.cells) {
    if (cell.memory == "pinned") cell.median = 3600;
  }
  EXPECT_THAT(lines(run), ElementsAre(HasSubstr("One GPU is visible")));
}

TEST(PoolConclusion, OfSeveralSuperchipsEach) {
  result::Run run = superchip();
  run.machine.gpus.push_back(run.machine.gpus.front());
  run.machine.pools.push_back(host(1));
  EXPECT_THAT(lines(run), ElementsAre(HasSubstr("each GPU reads its own at 3700"),
                                      "Each CPU reads its own at 440 GB/s."));
}

TEST(PoolConclusion, OfALoneCardTheHostsMemoryIsFar) {
  result::Run run = superchip();
  run.machine.machine_class = Class::single_gpu;
  for (Cell& cell : run.cells) {
    if (cell.memory == "pinned") cell.median = 50;
  }
  EXPECT_THAT(lines(run),
              ElementsAre("The GPU's memory is not the CPU's: the GPU reads its own at 3700 GB/s "
                          "and the CPU's at 50.0, 74 times slower; it writes to the CPU's at "
                          "50.0."));
}

TEST(PoolConclusion, BesideALinkHowFarItIsBehindTheCardsOwnMemory) {
  result::Run run = result::dual_rtx3090_nvlink();
  EXPECT_THAT(lines(run), IsEmpty()) << "kernels' reads were not measured";
  run.cells.push_back(kernel("read", "device", 830));
  EXPECT_THAT(lines(run), ElementsAre(HasSubstr("830 GB/s: from card to card is 16 times slower")));
}

TEST(PoolConclusion, OnOneChipThereIsNothingToBridge) {
  result::Run run = result::dgx_spark();
  run.cells = {kernel("read", "device", 228), result::pool_cell("read", "host0", 20, 160)};
  Cell both = result::pool_cell("read", "host0", 20, 240);
  rename(both, "pool/together/read/gpu0+host0/threads:20/bytes:536870912");
  run.cells.push_back(both);
  EXPECT_THAT(lines(run),
              ElementsAre("There is no peer link and nothing to bridge: CPU and GPU work on one "
                          "pool of memory; the GPU reads it at 228 GB/s, the CPU at 160, both at "
                          "once at 240.",
                          HasSubstr("their network, which is not measured here")));
  run.machine.proof.clear();
  EXPECT_THAT(lines(run), IsEmpty());
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
