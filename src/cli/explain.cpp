// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "base/nearest.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/show.hpp"
#include "report/terms.hpp"

namespace peerbench::cli {

namespace {

struct ExplainOptions {
  std::vector<std::string> words;  ///< of one term; empty: all are listed
  PageOptions page;
};

Expected<int> explain(const ExplainOptions& options) {
  const report::Term* term = nullptr;
  if (!options.words.empty()) {
    const std::string asked = fmt::format("{}", fmt::join(options.words, " "));
    term = report::find_term(asked);
    if (term == nullptr) {
      const std::string meant = did_you_mean(asked, report::term_names());
      return refuse(
          fmt::format("'{}' is no term that peerbench explains{} `peerbench explain` "
                      "lists them all",
                      asked, meant.empty() ? ";" : meant));
    }
  }
  if (auto ok = show_term(options.page, term); !ok) return tl::unexpected(ok.error());
  return static_cast<int>(result::ExitCode::good);
}

Finish explain_options(CLI::App& app) {
  const auto options = std::make_shared<ExplainOptions>();
  app.add_option("TERM", options->words, "Word to explain; without one, all are listed")
      ->type_name("");
  add_page_options(app, options->page);
  return [options]() -> Expected<Task> {
    return Task{"", [options] { return explain(*options); }};
  };
}

}  // namespace

Command explain_command() {
  using enum result::ExitCode;
  return {.name = "explain",
          .summary = "Explain a word of the pages",
          .add_options = explain_options,
          .examples = {"peerbench explain staged", "peerbench explain two-sparks"},
          .exit_codes = {good, io}};
}

}  // namespace peerbench::cli
