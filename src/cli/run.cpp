// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <utility>

#include "cli/command.hpp"
#include "cli/demands.hpp"
#include "cli/last_run.hpp"
#include "cli/measure.hpp"
#include "cli/options.hpp"
#include "cli/show.hpp"
#include "cli/split_model.hpp"
#include "judge/chosen_part.hpp"

namespace peerbench::cli {

namespace {

struct RunOptions {
  MeasureOptions measure;
  SplitOptions split;
  Demands demands;
};

/// A run that cannot be kept is no less measured: said, and that is all.
report::Kept keep(const MeasureOptions& options, const result::Run& run) {
  report::Kept kept{.file = options.output};
  if (!options.keep) return kept;
  const auto done = keep_last_run(run);
  if (done) {
    kept.as_last = *done;
  } else if (!options.page.quiet) {
    fmt::print(stderr, "peerbench: this run is not kept for `peerbench report`: {}\n",
               done.error().message);
  }
  return kept;
}

Expected<int> run(RunOptions options) {
  if (auto ok = add_messages(options.split, options.measure.settings); !ok) {
    return tl::unexpected(ok.error());
  }
  const auto file = output_file(options.measure.output, options.measure.page.identify);
  if (!file) return tl::unexpected(file.error());
  auto baseline = read_baseline(options.demands);
  if (!baseline) return tl::unexpected(baseline.error());
  auto measured = measure(options.measure, *file);
  if (!measured) return tl::unexpected(measured.error());
  if (measured->listed) return 0;
  result::Run& run = measured->run;
  if (any(options.demands)) {
    if (*baseline && !options.measure.selection.empty()) {
      **baseline = judge::chosen_part(std::move(**baseline), run.settings);
    }
    check_demands(options.demands, *baseline, run);
    write(*file, *measured);
  }
  options.measure.page.view.kept = keep(options.measure, run);
  if (run.interrupted) say_interrupted(run, options.measure.page.view.kept);
  if (auto ok = show(options.measure.page, run); !ok) return tl::unexpected(ok.error());
  if (measured->lost) return tl::unexpected(*measured->lost);
  return static_cast<int>(result::exit_code(run));
}

Expected<void> check_demands_of_run(const Demands& demands) {
  if (!demands.max_drop || !demands.baseline.empty()) return {};
  return refuse("--max-drop is since a baseline: peerbench run --baseline FILE");
}

Finish run_options(CLI::App& app) {
  const auto options = std::make_shared<RunOptions>();
  MeasureOptions& measure = options->measure;
  add_machine_options(app, measure.machine);
  add_gpus_option(app, measure.selection);
  add_pairs_option(app, measure.selection);
  add_cell_options(app, measure.settings);
  add_split_options(app, options->split);
  add_demand_options(app, options->demands);
  add_measure_options(app, measure);
  add_page_options(app, measure.page);
  add_view_options(app, measure.page);
  add_identify_option(app, measure.page.identify);
  return [options]() -> Expected<Task> {
    if (auto ok = check_view_options(options->measure.page); !ok) {
      return tl::unexpected(ok.error());
    }
    const MeasureOptions& measured = options->measure;
    if (auto ok = check_split_options(options->split, measured.selection, measured.settings); !ok) {
      return tl::unexpected(ok.error());
    }
    if (auto ok = check_demands_of_run(options->demands); !ok) return tl::unexpected(ok.error());
    return Task{options->measure.machine.simulate, [options] { return run(*options); }};
  };
}

}  // namespace

Command run_command() {
  using enum result::ExitCode;
  return {
      .name = "run",
      .summary = "Measure what this machine has (the default)",
      .add_options = run_options,
      .examples = {"peerbench run --output result.json",
                   "peerbench run --simulate dual-rtx3090-nvlink", "peerbench run --all --keep no",
                   "peerbench run --pairs 0-1 --filter push --precision 0.5%",
                   "peerbench run --require healthy,gpus=2 --min 'peer/*>=80%full'",
                   "peerbench run --model llama-3-8b --cards 2"},
      .exit_codes = {good, check_failed, corrupt, hang, cannot_tell, some_failed, io,
                     nothing_to_measure, interrupted, terminated},
      .notes = std::string(demand_notes) +
               "\n\n"
               "--model measures the messages that splitting it sends.\n"
               "Google Benchmark's own options pass through, e.g. --benchmark_filter=REGEX,\n"
               "--benchmark_list_tests, --benchmark_out=FILE.",
      .refusals = {{"--signals",
                    "a machine known from --signals cannot be measured; machine, check and "
                    "list work on it"}}};
}

}  // namespace peerbench::cli
