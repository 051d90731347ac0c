// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <memory>

#include "cli/command.hpp"
#include "cli/last_run.hpp"
#include "cli/options.hpp"
#include "cli/recorded.hpp"
#include "cli/show.hpp"

namespace peerbench::cli {

namespace {

struct ReportOptions {
  std::vector<std::string> files;
  std::string filter;
  PageOptions page;
};

Expected<std::vector<result::Run>> recorded(const ReportOptions& options) {
  auto runs = read_results(options.files);
  if (runs && options.files.empty()) {
    auto run = last_run();
    if (!run) return tl::unexpected(run.error());
    runs->push_back(std::move(*run));
  }
  if (!runs) return runs;
  if (auto ok = keep_selected(*runs, options.filter); !ok) return tl::unexpected(ok.error());
  return runs;
}

Expected<int> report(const ReportOptions& options) {
  const auto runs = recorded(options);
  if (!runs) return tl::unexpected(runs.error());
  for (std::size_t i = 0; i < runs->size(); ++i) {
    PageOptions page = options.page;
    page.view.kept = options.files.empty() ? report::Kept{.as_last = true}
                                           : report::Kept{.file = options.files[i]};
    if (auto ok = show(page, (*runs)[i]); !ok) return tl::unexpected(ok.error());
  }
  return static_cast<int>(result::ExitCode::good);
}

Finish report_options(CLI::App& app) {
  const auto options = std::make_shared<ReportOptions>();
  app.add_option("FILE", options->files, "Result files; without one the last run is shown")
      ->type_name("");
  add_filter_option(app, options->filter);
  add_page_options(app, options->page);
  add_view_options(app, options->page);
  add_identify_option(app, options->page.identify);
  return [options]() -> Expected<Task> {
    if (auto ok = check_view_options(options->page); !ok) return tl::unexpected(ok.error());
    return Task{"", [options] { return report(*options); }};
  };
}

}  // namespace

Command report_command() {
  using enum result::ExitCode;
  return {.name = "report",
          .summary = "Show the last run, or recorded ones, again",
          .add_options = report_options,
          .examples = {"peerbench report --all", "peerbench report result.json --section peer,nccl",
                       "peerbench report --all --filter '^peer/ce'"},
          .exit_codes = {good, io}};
}

}  // namespace peerbench::cli
