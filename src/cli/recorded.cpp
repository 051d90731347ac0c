// SPDX-License-Identifier: Apache-2.0
#include "cli/recorded.hpp"

#include <utility>

#include "report/render.hpp"
#include "result/cell_filter.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

Expected<std::vector<result::Run>> read_results(const std::vector<std::string>& files) {
  std::vector<result::Run> runs;
  for (const std::string& file : files) {
    auto run = result::read_result(file);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  return runs;
}

Expected<void> keep_selected(std::vector<result::Run>& runs, const std::string& filter) {
  if (filter.empty()) return {};
  bool any = false;
  for (result::Run& run : runs) {
    std::vector<std::string> names;
    for (const result::Cell& cell : run.cells) names.push_back(cell.name);
    const auto selects = result::selected(names, filter);
    if (!selects) return tl::unexpected(selects.error());
    std::vector<result::Cell> kept;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if ((*selects)[i]) kept.push_back(std::move(run.cells[i]));
    }
    any = any || !kept.empty();
    run.cells = std::move(kept);
  }
  if (!any) return fail(ErrorKind::unsupported, report::nothing_matches(filter));
  return {};
}

}  // namespace peerbench::cli
