// SPDX-License-Identifier: Apache-2.0
// The messages of a split model, tokens by ways across.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../result/sample_cells.hpp"
#include "../result/sample_runs.hpp"
#include "report/tables.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using result::Cell;
using result::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Cell message(const std::string& op, const std::string& kind, const std::string& mode, double us,
             Bytes bytes, const std::string& pair = "gpu0-gpu1") {
  Cell cell;
  const std::string cards = op == "boundary" ? pair : "gpus:0,1";
  const std::string parts = kind.empty()
                                ? "gpus:0,1/half" + std::string(mode == "graph" ? "/graph" : "")
                                : kind + "/" + cards + (mode.empty() ? "" : "/" + mode);
  rename(cell,
         fmt::format("split/{}/{}/{}/bytes:{}", kind.empty() ? "nccl" : "ce", op, parts, bytes));
  cell.unit = "us";
  cell.status = Status::ok;
  cell.median = us;
  return cell;
}

result::Run run_of(std::vector<Cell> cells) {
  result::Run run = result::dual_rtx3090_nvlink();
  run.settings.split = {"round", 1024, {1, 2048}, 0};
  run.cells = std::move(cells);
  return run;
}

TEST(SplitTables, AnAllReduceForEachLengthOfAStep) {
  const auto tables = split_tables(run_of({message("all_reduce", "push", "whole", 2.5, 2048),
                                           message("all_reduce", "push", "whole", 90, 4 * MiB),
                                           message("all_reduce", "staged", "whole", 1234, 4 * MiB),
                                           message("all_reduce", "", "eager", 9, 2048),
                                           message("all_reduce", "", "graph", 8, 2048)}));
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].title, "round split by tensors over gpu0, gpu1");
  EXPECT_THAT(headings(tables[0]),
              ElementsAre("tokens", "message", "peer", "staged", "NCCL", "NCCL graph"));
  ASSERT_EQ(tables[0].rows.size(), 2u);
  EXPECT_THAT(words(tables[0].rows[0]),
              ElementsAre("1", "2 KiB", "2.50 us", "-", "9.00 us", "8.00 us"));
  EXPECT_THAT(words(tables[0].rows[1]),
              ElementsAre("2048", "4 MiB", "90.0 us", "1.23 ms", "-", "-"));
}

TEST(SplitTables, OfSeveralBoundariesTheSlowestAndWhatFailedFirst) {
  Cell refused = message("boundary", "staged", "", 0, 2048, "gpu1-gpu2");
  refused.status = Status::unsupported;
  refused.median.reset();
  refused.reason = "no way";
  const auto tables = split_tables(run_of({message("boundary", "push", "", 3, 2048),
                                           message("boundary", "push", "", 5, 2048, "gpu1-gpu2"),
                                           message("boundary", "push", "", 4, 2048, "gpu2-gpu3"),
                                           refused, message("boundary", "staged", "", 20, 2048)}));
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("1", "2 KiB", "5.00 us", "not possible"));
  ASSERT_FALSE(tables[0].remarks.empty());
  EXPECT_EQ(tables[0].remarks.front().words, "staged 2 KiB: not possible; no way");
}

TEST(SplitTables, OtherRunsHaveNone) {
  EXPECT_TRUE(split_tables(result::dual_rtx3090_nvlink()).empty());
}

TEST(SplitTables, ThePageShowsThemOnce) {
  const Document page =
      run_document(run_of({message("all_reduce", "push", "whole", 2.5, 2048)}), every_table);
  int tables = 0;
  for (const auto& block : page.blocks) tables += std::holds_alternative<Table>(block) ? 1 : 0;
  EXPECT_EQ(tables, 1);
  EXPECT_THAT(page.next.front(), HasSubstr("peerbench estimate"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
