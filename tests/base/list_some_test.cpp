// SPDX-License-Identifier: Apache-2.0
#include "base/list_some.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace peerbench {
namespace TEST_FILE {

TEST(ListSome, NamesAllOrCountsTheRest) {
  const std::vector<std::string> all = {"a", "b", "c", "d"};
  EXPECT_EQ(list_some({}, 2), "");
  EXPECT_EQ(list_some(all, 4), "a, b, c, d");
  EXPECT_EQ(list_some(all, 3), "a, b, c and 1 more");
  EXPECT_EQ(list_some(all, 1, "more pairs"), "a and 3 more pairs");
}

TEST(WithCount, OneIsSingular) {
  EXPECT_EQ(with_count(1, "cell"), "1 cell");
  EXPECT_EQ(with_count(std::size_t{0}, "cell"), "0 cells");
  EXPECT_EQ(with_count(2, "thread"), "2 threads");
}

}  // namespace TEST_FILE
}  // namespace peerbench
