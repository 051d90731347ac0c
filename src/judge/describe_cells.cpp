// SPDX-License-Identifier: Apache-2.0
#include "judge/describe_cells.hpp"

#include "base/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace peerbench::judge {

using result::Cell;
using result::Status;

std::string describe_figure(const Cell& cell) {
  if (cell.status == Status::unsupported) return "not possible";
  if (cell.status != Status::ok || !cell.median) return name(cell.status);
  return fmt::format("{} {}", format_precise(*cell.median), cell.unit);
}

bool failed(const Cell& cell) {
  return cell.status == Status::corrupt || cell.status == Status::hang ||
         cell.status == Status::error;
}

bool not_enabled(const Cell& cell) {
  return cell.key.family == result::Family::peer && of_a_pair(cell.key.shape) &&
         cell.key.kind != result::Kind::staged && cell.status == Status::unsupported &&
         !cell.error.empty();
}

bool smaller_is_better(const Cell& cell) { return cell.unit == "us" || cell.unit == "ns"; }

void add_some(const std::vector<machine::Evidence>& lines, std::size_t most, const char* what,
              std::vector<machine::Evidence>& evidence) {
  const std::size_t shown = lines.size() > most + 1 ? most : lines.size();
  std::copy_n(lines.begin(), shown, std::back_inserter(evidence));
  if (shown == lines.size()) return;
  evidence.push_back({fmt::format("{} more", lines.size() - shown), what, ""});
}

}  // namespace peerbench::judge
