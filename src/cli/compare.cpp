// SPDX-License-Identifier: Apache-2.0
#include "judge/compare.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/recorded.hpp"
#include "cli/show.hpp"

namespace peerbench::cli {

namespace {

struct CompareOptions {
  std::vector<std::string> files;
  std::string filter;
  PageOptions page;
};

Expected<int> compare(const CompareOptions& options) {
  auto runs = read_results(options.files);
  if (!runs) return tl::unexpected(runs.error());
  if (auto ok = keep_selected(*runs, options.filter); !ok) return tl::unexpected(ok.error());
  const auto comparison = judge::compare(*runs, options.files);
  if (auto ok = show_comparison(options.page, comparison); !ok) return tl::unexpected(ok.error());
  return static_cast<int>(result::ExitCode::good);
}

Finish compare_options(CLI::App& app) {
  const auto options = std::make_shared<CompareOptions>();
  app.add_option("FILE", options->files, "Result files (written by --output)")->type_name("");
  add_filter_option(app, options->filter);
  add_page_options(app, options->page);
  return [options]() -> Expected<Task> {
    if (options->files.size() < 2) {
      return refuse("compare sets results side by side: peerbench compare A.json B.json");
    }
    return Task{"", [options] { return compare(*options); }};
  };
}

}  // namespace

Command compare_command() {
  using enum result::ExitCode;
  return {.name = "compare",
          .summary = "Show recorded result files side by side",
          .add_options = compare_options,
          .examples = {"peerbench compare before.json after.json",
                       "peerbench compare before.json after.json --filter '^peer/'"},
          .exit_codes = {good, io}};
}

}  // namespace peerbench::cli
