// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep.hpp"

#include <gtest/gtest.h>

#include <string>

namespace peerbench::bench {
namespace TEST_FILE {

using result::Cell;

/// A cell of `transfers` copies of `bytes` at once, each taking `us` + bytes / `gbs`.
Cell cell(const std::string& way, Bytes bytes, double us, double gbs, int transfers = 1) {
  Cell made;
  made.name = way + "/bytes:" + std::to_string(bytes);
  made.status = result::Status::ok;
  made.counts = result::Counts::one_way;
  made.bytes = bytes;
  made.flows.resize(static_cast<std::size_t>(transfers));
  const double n = static_cast<double>(bytes);
  made.median = transfers * n / ((us * 1e-6 + n / (gbs * 1e9)) * 1e9);
  return made;
}

std::vector<Cell> sweep(const std::string& way, double us, double gbs, int transfers = 1) {
  std::vector<Cell> cells;
  for (const Bytes bytes : {4 * KiB, 64 * KiB, MiB, 16 * MiB}) {
    cells.push_back(cell(way, bytes, us, gbs, transfers));
  }
  return cells;
}

TEST(Sweep, EveryWayIsALine) {
  auto cells = sweep("peer/ce/push/uni/gpu0-gpu1", 2.5, 50);
  for (const Cell& other : sweep("peer/ce/staged/uni/gpu0-gpu1", 11, 11.3)) cells.push_back(other);
  const auto fits = fits_of(cells);
  ASSERT_EQ(fits.size(), 2u);
  EXPECT_EQ(fits[0].name, "peer/ce/push/uni/gpu0-gpu1");
  EXPECT_NEAR(fits[0].latency_us, 2.5, 1e-6);
  EXPECT_NEAR(fits[0].rate_gbs, 50, 1e-6);
  EXPECT_NEAR(fits[0].half_rate_bytes, 125000, 0.1);
  EXPECT_EQ(fits[0].points, 4);
  EXPECT_LT(fits[0].largest_residual, 1e-9);
  EXPECT_EQ(fits[1].name, "peer/ce/staged/uni/gpu0-gpu1");
  EXPECT_NEAR(fits[1].latency_us, 11, 1e-6);
}

TEST(Sweep, BothWaysCountInTheRateAndNotInTheStart) {
  const auto fits = fits_of(sweep("peer/ce/push/bi/gpu0-gpu1", 2.5, 50, 2));
  ASSERT_EQ(fits.size(), 1u);
  EXPECT_NEAR(fits[0].latency_us, 2.5, 1e-6);
  EXPECT_NEAR(fits[0].rate_gbs, 100, 1e-6);
  EXPECT_NEAR(fits[0].half_rate_bytes, 125000, 0.1);
}

TEST(Sweep, TwoSizesOrOtherCellsGiveNone) {
  auto cells = sweep("peer/ce/push/uni/gpu0-gpu1", 2.5, 50);
  cells[0].status = cells[1].status = result::Status::corrupt;
  EXPECT_TRUE(fits_of(cells).empty());
  cells = sweep("pool/ce/copy/gpu0/device", 2.5, 50);
  for (Cell& one : cells) one.counts = result::Counts::traffic;
  EXPECT_TRUE(fits_of(cells).empty());
  EXPECT_TRUE(fits_of({}).empty());
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
