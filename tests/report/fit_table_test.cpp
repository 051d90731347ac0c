// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "report/tables.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using ::testing::ElementsAre;

TEST(FitTable, ARowForEachWay) {
  result::Run run;
  run.fits = {{"peer/ce/push/uni/gpu0-gpu1", 2.494, 50.96, 127094, 19, 0.0004},
              {"peer/ce/staged/bi/gpu0-gpu1", 10.9, 16.7, 3 * 1024 * 1024, 3, 0.034}};
  const auto tables = fit_tables(run);
  ASSERT_EQ(tables.size(), 1u);
  ASSERT_EQ(tables[0].rows.size(), 2u);
  EXPECT_EQ(tables[0].columns.size(), tables[0].rows[0].size());
  EXPECT_THAT(words(tables[0].rows[0]), ElementsAre("peer/ce/push/uni/gpu0-gpu1", "2.49 us", "51.0",
                                                    "124.1 KiB", "19", "<0.1 %"));
  EXPECT_THAT(words(tables[0].rows[1]), ElementsAre("peer/ce/staged/bi/gpu0-gpu1", "10.90 us",
                                                    "16.7", "3.0 MiB", "3", "3.4 %"));
}

TEST(FitTable, NoneWithoutASweep) { EXPECT_TRUE(fit_tables({}).empty()); }

}  // namespace TEST_FILE
}  // namespace peerbench::report
