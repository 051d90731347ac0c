#include "cli/show.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "base/simulation.hpp"
#include "cli/terminal.hpp"
#include "cli/version.hpp"
#include "report/render.hpp"

namespace peerbench::cli {

namespace {

std::string utc_now() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

report::RenderOptions render_options(const Options& options) {
  return {.width = terminal_width(STDOUT_FILENO),
          .color = report::wants_color(options.no_color, STDOUT_FILENO),
          .identify = options.identify};
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

result::Run begin_run(const Options& options, machine::Machine machine) {
  result::Run run;
  run.tool = tool();
  run.started = utc_now();
  if (simulated()) run.simulated = result::Simulated{peerbench_sim_machine()};
  run.machine = std::move(machine);
  run.findings = std::exchange(run.machine.findings, {});
  run.settings = options.settings;
  return run;
}

Expected<void> show(const Options& options, const result::Run& run) {
  return print(report::render(options.format, run, render_options(options)));
}

Expected<void> show_machine(const Options& options, const result::Run& run) {
  return print(report::render_machine(options.format, run, render_options(options)));
}

}  // namespace peerbench::cli
