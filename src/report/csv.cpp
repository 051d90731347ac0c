// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "report/csv_text.hpp"
#include "report/exporters.hpp"
#include "result/flat_fields.hpp"

namespace peerbench::report {

std::string to_csv(const result::Run& run) {
  // An ok cell has all fields. Scripts may count on the order: new ones stand at the end.
  result::Cell any;
  any.status = result::Status::ok;
  const auto columns = result::flat_fields(any);
  // A row can be copied out of its file, so each says whether its machine was a simulated one.
  std::string out = "simulated";
  for (const auto& [name, text] : columns) out += ',' + name;
  out += "\r\n";
  for (const result::Cell& cell : run.cells) {
    out += csv_field(run.simulated ? "SIMULATED " + run.simulated->machine : "");
    const auto row = result::flat_fields(cell);
    auto next = row.begin();
    for (const auto& [name, text] : columns) {
      const bool has = next != row.end() && next->first == name;
      out += ',' + (has ? csv_field((next++)->second) : "");
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace peerbench::report
