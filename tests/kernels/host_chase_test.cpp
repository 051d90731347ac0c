// SPDX-License-Identifier: Apache-2.0
#include "kernels/host_chase.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

namespace peerbench::kernels {
namespace TEST_FILE {

/// Lines of a chain, with a guard line on either side.
struct Lines {
  explicit Lines(ChaseOrder order) : words((order.lines() + 3) * 8, guard), start(words.data()) {
    while (reinterpret_cast<std::uintptr_t>(start) % chase_line_bytes != 0) ++start;
    start += 8;
    write_chase(start, order, 1, order.lines() + 1);
  }
  static constexpr std::uint64_t guard = 0xdeadbeefcafef00d;
  std::vector<std::uint64_t> words;
  std::uint64_t* start;
};

class ChaseOf : public testing::TestWithParam<int> {};

TEST_P(ChaseOf, VisitsEveryLineOnceBeforeItComesBack) {
  const ChaseOrder order{GetParam()};
  std::vector<bool> seen(order.lines(), false);
  for (std::uint64_t step = 0; step < order.lines(); ++step) {
    const std::uint64_t line = order.line(step);
    ASSERT_LT(line, order.lines());
    EXPECT_FALSE(seen[line]) << "step " << step;
    seen[line] = true;
  }
  EXPECT_EQ(order.line(order.lines()), order.line(0));
}

TEST_P(ChaseOf, StandsWhereSoManyLoadsLead) {
  const ChaseOrder order{GetParam()};
  const Lines lines(order);
  const void* at = chase_address(lines.start, order, 0);
  for (const std::uint64_t loads : {0u, 1u, 7u, 8u, 9u, 16u, 1000u}) {
    EXPECT_EQ(chase(at, loads), chase_address(lines.start, order, loads)) << loads;
  }
  EXPECT_EQ(chase(at, order.lines()), at);
  EXPECT_NE(chase(at, order.lines() - 1), at);
}

TEST_P(ChaseOf, WritesOneWordOfEachLineAndNothingElse) {
  const ChaseOrder order{GetParam()};
  const Lines lines(order);
  std::uint64_t changed = 0;
  for (const std::uint64_t& word : lines.words) {
    if (word == Lines::guard) continue;
    ++changed;
    EXPECT_EQ((&word - lines.start) % 8, 0);
  }
  EXPECT_EQ(changed, order.lines());
}

INSTANTIATE_TEST_SUITE_P(Bits, ChaseOf, testing::Values(1, 2, 3, 7, 10, 15));

TEST(Chase, NeighboursInTimeAreFarApartInMemory) {
  const ChaseOrder order{16};
  int near = 0;
  for (std::uint64_t step = 0; step < order.lines(); ++step) {
    const auto distance = static_cast<std::int64_t>(order.line(step + 1)) -
                          static_cast<std::int64_t>(order.line(step));
    near += std::llabs(distance) < 64 ? 1 : 0;  // within a page
  }
  // Of a random order 2 * 64 / 65536 of the steps, that is about 128.
  EXPECT_LT(near, 400);
}

}  // namespace TEST_FILE
}  // namespace peerbench::kernels
