// SPDX-License-Identifier: Apache-2.0
#include "cli/show.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "cli/terminal.hpp"
#include "cli/version.hpp"
#include "judge/conclusion.hpp"
#include "report/render.hpp"

namespace peerbench::cli {

namespace {

/// Asking for colours outdoes NO_COLOR, which asks for none where nobody says otherwise.
bool wants_color(const PageOptions& options) {
  if (options.no_color || options.color == Color::never) return false;
  return options.color == Color::always || report::wants_color(false, STDOUT_FILENO);
}

report::RenderOptions render_options(const PageOptions& options) {
  return {.width = terminal_width(STDOUT_FILENO),
          .color = wants_color(options),
          .identify = options.identify,
          .share = options.share,
          .view = options.view};
}

Expected<void> print(const Expected<std::string>& text) {
  if (!text) return tl::unexpected(text.error());
  if (std::fwrite(text->data(), 1, text->size(), stdout) != text->size() ||
      std::fflush(stdout) != 0) {
    return fail(ErrorKind::io, "standard output cannot be written; use --output to keep a result");
  }
  return {};
}

}  // namespace

result::Run begin_run(const result::Settings& settings, Found found) {
  result::Run run;
  run.tool = tool();
  run.started = utc_now();
  run.simulated = std::move(found.simulated);
  run.signals = std::move(found.replayed);
  run.machine = std::move(found.machine);
  run.findings = std::exchange(run.machine.findings, {});
  run.settings = settings;
  return run;
}

Expected<void> show(const PageOptions& options, const result::Run& run) {
  report::RenderOptions how = render_options(options);
  if (options.quiet) how.view.detail = report::Detail::verdict;
  if (run.conclusion) return print(report::render(options.format, run, how));
  result::Run concluded = run;  // written before files held a conclusion, or not to its end
  concluded.conclusion = judge::conclude(run);
  return print(report::render(options.format, concluded, how));
}

Expected<void> show_machine(const PageOptions& options, const result::Run& run) {
  return print(report::render_machine(options.format, run, render_options(options)));
}

Expected<void> show_check(const PageOptions& options, const result::Run& run) {
  return print(report::render_check(options.format, run, render_options(options)));
}

Expected<void> show_estimates(const PageOptions& options, const std::vector<result::Run>& runs) {
  return print(report::render_estimates(options.format, runs, render_options(options)));
}

Expected<void> show_term(const PageOptions& options, const report::Term* term) {
  return print(report::render_term(options.format, term, render_options(options)));
}

Expected<void> show_comparison(const PageOptions& options, const result::Comparison& comparison) {
  return print(report::render_comparison(options.format, comparison, render_options(options)));
}

}  // namespace peerbench::cli
