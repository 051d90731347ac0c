// SPDX-License-Identifier: Apache-2.0
#include "judge/compare.hpp"

#include "cli/cli.hpp"
#include "cli/show.hpp"
#include "result/exit_code.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

Expected<int> compare(const Options& options) {
  std::vector<result::Run> runs;
  for (const std::string& file : options.files) {
    auto run = result::read_result(file);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  const auto comparison = judge::compare(runs, options.files);
  if (auto ok = show_comparison(options, comparison); !ok) return tl::unexpected(ok.error());
  return static_cast<int>(result::ExitCode::good);
}

}  // namespace peerbench::cli
