// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

/// Binary units as sizes have, but with a digit after the point: no copy was of this size.
std::string about_bytes(double bytes) {
  if (bytes < 1024) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", bytes / 1024);
  return fmt::format("{:.1f} MiB", bytes / (1024 * 1024));
}

}  // namespace

std::vector<Table> fit_tables(const result::Run& run) {
  if (run.fits.empty()) return {};
  Table table{
      "Start and rate of a copy, from its sizes",
      "A copy of n bytes takes start + n / rate. half at: the size that reaches half of the "
      "rate; off by: the largest share by which a size misses the line.",
      {{"way", Align::left}, {"start"}, {"GB/s"}, {"half at"}, {"sizes"}, {"off by"}},
      {},
      {}};
  for (const result::Fit& fit : run.fits) {
    table.rows.push_back({fit.name, fmt::format("{:.2f} us", fit.latency_us),
                          format_rate(fit.rate_gbs), about_bytes(fit.half_rate_bytes),
                          std::to_string(fit.points), format_cv(fit.largest_residual)});
  }
  return {table};
}

}  // namespace peerbench::report
