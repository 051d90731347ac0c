// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <memory>

#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/show.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

namespace {

struct ReportOptions {
  std::vector<std::string> files;
  PageOptions page;
};

Expected<int> report(const ReportOptions& options) {
  std::vector<result::Run> runs;
  for (const std::string& file : options.files) {  // all are read before the first is shown
    auto run = result::read_result(file);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  for (const result::Run& run : runs) {
    if (auto ok = show(options.page, run); !ok) return tl::unexpected(ok.error());
  }
  return static_cast<int>(result::ExitCode::good);
}

Finish report_options(CLI::App& app) {
  const auto options = std::make_shared<ReportOptions>();
  app.add_option("FILE", options->files, "Result files (written by --output)")->type_name("");
  add_page_options(app, options->page);
  add_identify_option(app, options->page.identify);
  return [options]() -> Expected<Task> {
    if (options->files.empty()) {
      return refuse("report shows recorded results: peerbench report result.json");
    }
    return Task{"", [options] { return report(*options); }};
  };
}

}  // namespace

Command report_command() {
  using enum result::ExitCode;
  return {.name = "report",
          .summary = "Show recorded result files again, in any format",
          .add_options = report_options,
          .examples = {"peerbench report result.json --format markdown"},
          .exit_codes = {good, io}};
}

}  // namespace peerbench::cli
