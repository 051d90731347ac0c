// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "report/csv_text.hpp"
#include "report/exporters.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::ComparedFigure;

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string simulated(const result::Run& run) {
  return run.simulated ? "SIMULATED " + run.simulated->machine : "";
}

/// The fixed list of columns: scripts may count on the order, new ones are added at the end.
constexpr const char* headings =
    "file,simulated,started,compared,name,status,bytes,unit,median,low95,high95,p05,p95,n,ratio,"
    "ratio_low,ratio_high,missing";

void add_row(const std::string& file, const result::Run& run, const std::string& compared,
             const ComparedFigure& figure, std::string& out) {
  const Cell none;
  const bool has = figure.cell != nullptr;
  const Cell& cell = has ? *figure.cell : none;
  const std::string fields[] = {file,
                                simulated(run),
                                run.started,
                                compared,
                                cell.name,
                                has ? name(cell.status) : "",
                                cell.bytes ? fmt::format("{}", *cell.bytes) : "",
                                has ? cell.unit : "",
                                number(cell.median),
                                number(figure.low),
                                number(figure.high),
                                number(cell.p05),
                                number(cell.p95),
                                has ? fmt::format("{}", cell.n) : "",
                                number(figure.ratio),
                                number(figure.ratio_low),
                                number(figure.ratio_high),
                                figure.missing};
  bool first = true;
  for (const std::string& field : fields) {
    if (!first) out += ',';
    out += csv_field(field);
    first = false;
  }
  out += "\r\n";
}

}  // namespace

std::string to_csv(const result::Comparison& comparison) {
  std::string out = std::string(headings) + "\r\n";
  for (const auto& group : comparison.groups) {
    for (const auto& row : group.rows) {
      for (std::size_t i = 0; i < row.figures.size(); ++i) {
        add_row(comparison.files[i], *comparison.runs[i], row.name, row.figures[i], out);
      }
    }
  }
  return out;
}

}  // namespace peerbench::report
