// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep.hpp"

#include <algorithm>
#include <string>

#include "measure/fit.hpp"
#include "result/cell_key.hpp"

namespace peerbench::bench {

namespace {

struct Way {
  std::string name;
  double transfers = 1;  ///< that the cells' rate counts together
  std::vector<measure::SizePoint> points;
};

bool fits_in(const result::Cell& cell) {
  return cell.status == result::Status::ok && cell.counts == result::Counts::one_way &&
         cell.unit == "GB/s" && cell.bytes && cell.median && *cell.median > 0;
}

std::vector<Way> ways_of(const std::vector<result::Cell>& cells) {
  std::vector<Way> ways;
  for (const result::Cell& cell : cells) {
    if (!fits_in(cell)) continue;
    const std::string name = result::without_size(cell.name);
    auto way = std::ranges::find(ways, name, &Way::name);
    if (way == ways.end()) {
      const double transfers = std::max(1.0, static_cast<double>(cell.flows.size()));
      way = ways.insert(ways.end(), Way{name, transfers, {}});
    }
    const auto bytes = static_cast<double>(*cell.bytes);
    way->points.push_back({bytes, bytes * way->transfers / (*cell.median * 1e9)});
  }
  return ways;
}

}  // namespace

std::vector<result::Fit> fits_of(const std::vector<result::Cell>& cells) {
  std::vector<result::Fit> fits;
  for (const Way& way : ways_of(cells)) {
    const auto line = measure::fit_latency_and_rate(way.points);
    if (!line) continue;
    fits.push_back({.name = way.name,
                    .latency_us = line->latency_seconds * 1e6,
                    .rate_gbs = line->bytes_per_second * way.transfers / 1e9,
                    .half_rate_bytes = line->half_rate_bytes,
                    .points = static_cast<int>(way.points.size()),
                    .largest_residual = line->largest_residual});
  }
  return fits;
}

}  // namespace peerbench::bench
