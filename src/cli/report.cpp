// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"
#include "cli/show.hpp"
#include "result/exit_code.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

Expected<int> report(const Options& options) {
  std::vector<result::Run> runs;
  for (const std::string& file : options.files) {  // all are read before the first is shown
    auto run = result::read_result(file);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  for (const result::Run& run : runs) {
    if (auto ok = show(options, run); !ok) return tl::unexpected(ok.error());
  }
  return static_cast<int>(result::ExitCode::good);
}

}  // namespace peerbench::cli
