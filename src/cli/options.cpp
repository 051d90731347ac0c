// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include "cli/command_line.hpp"
#include "cli/value_option.hpp"

namespace peerbench::cli {

// CLI11 does not wrap: a description has 54 columns.

void add_identify_option(CLI::App& app, bool& identify) {
  app.add_flag("--identify", identify, "Write UUIDs of GPUs into results");
}

void add_machine_options(CLI::App& app, MachineOptions& options) {
  app.add_option("--simulate", options.simulate, "Run on a simulated machine (see machines)")
      ->type_name("NAME|FILE");
  app.add_option("--save-signals", options.save_signals, "Save what this machine answers (JSON)")
      ->type_name("FILE");
}

void add_signals_option(CLI::App& app, MachineOptions& options) {
  app.add_option("--signals", options.signals, "Describe a machine saved with --save-signals")
      ->type_name("FILE");
}

Expected<void> check_machine_options(const MachineOptions& options) {
  if (options.signals.empty()) return {};
  if (!options.simulate.empty()) {
    return refuse("--signals and --simulate each name a machine: give one of them");
  }
  if (!options.save_signals.empty()) {
    return refuse("--save-signals saves what a machine answers, with --signals none is asked");
  }
  return {};
}

void add_page_options(CLI::App& app, PageOptions& options) {
  add_value(app, "--format", "FORMAT", options.format, report::parse_format,
            "Output: terminal, markdown, csv or json");
  add_value(app, "--color", "WHEN", options.color, parse_color,
            "Colours: auto (default), always or never");
  app.add_flag("--no-color", options.no_color, "No colours, as with NO_COLOR set");
  app.add_flag("-q,--quiet", options.quiet, "A run's verdict only; no progress, no warnings");
}

void add_view_options(CLI::App& app, PageOptions& options) {
  app.add_flag_callback(
      "-v,--all", [&options] { options.view.detail = report::Detail::all; },
      "Every table, not only the answer");
  add_value(app, "--section", "LIST", options.view.sections, parse_sections,
            "Only these tables: peer, latency, host, pool, nccl");
  app.add_flag("--share", options.share, "Markdown for a forum, tables folded");
}

Expected<void> check_view_options(const PageOptions& options) {
  const bool pages =
      options.format == report::Format::terminal || options.format == report::Format::markdown;
  const bool all = options.view.detail == report::Detail::all;
  if (options.share && (!pages || all || !options.view.sections.empty())) {
    return refuse(
        "--share is the page as Markdown with every table: no --format, --all or "
        "--section beside it");
  }
  if (all && !options.view.sections.empty()) {
    return refuse("--all shows every table, --section some of them: give one of them");
  }
  return {};
}

result::Settings standard_settings() {
  result::Settings settings;
  settings.budget_seconds = 2;
  return settings;
}

void add_gpus_option(CLI::App& app, GpuSelection& selection) {
  add_value(app, "--gpus", "LIST", selection.gpus, parse_gpus,
            "Only these GPUs: numbers, UUIDs, PCI addresses");
}

void add_pairs_option(CLI::App& app, GpuSelection& selection) {
  add_value(app, "--pairs", "LIST", selection.pairs, parse_pairs,
            "Only these pairs: 0-1,2-3 or GPU-1a2b..GPU-3c4d");
}

void add_filter_option(CLI::App& app, std::string& filter) {
  app.add_option("--filter", filter, "Only cells whose name matches, e.g. '^peer/'")
      ->type_name("REGEX");
}

void add_cell_options(CLI::App& app, result::Settings& settings) {
  add_filter_option(app, settings.filter);
  app.add_flag("--full", settings.full, "Also cells of the full tier (--filter searches both)");
  add_value(app, "--sizes", "SIZES", settings.sizes, parse_sizes,
            "Bytes of a GPU copy: 64MiB,1GiB or 4KiB..1GiB");
  add_value(app, "--soak", "TIME", settings.soak_seconds, parse_soak,
            "Only repeat each pair's copies for so long");
}

void add_split_options(CLI::App& app, SplitOptions& options) {
  app.add_option("--model", options.model, "Model to split: a known name, or its config.json")
      ->type_name("NAME|FILE");
  add_value(
      app, "--cards", "N", [](const std::string& text) { return parse_count("--cards", text); },
      [&options](int cards) { options.cards = cards; }, "GPUs to split the model across (all)");
}

Expected<void> check_split_options(const SplitOptions& options, const GpuSelection& selection,
                                   const result::Settings& settings) {
  if (options.model.empty()) {
    if (!options.cards) return {};
    return refuse("--cards says how many GPUs share a --model; --gpus 0,1 takes only these");
  }
  if (!settings.sizes.empty()) {
    return refuse("--model measures the sizes of its own messages: no --sizes beside it");
  }
  if (settings.soak_seconds) {
    return refuse("--soak repeats each pair's copies, --model measures its messages: one of them");
  }
  if (!selection.pairs.empty()) {
    return refuse("a model is split over GPUs, not over pairs: --gpus 0,1 says over which");
  }
  return {};
}

void add_output_option(CLI::App& app, std::string& output) {
  app.add_option("--output", output, "Also write the result file (JSON), cell by cell")
      ->type_name("FILE");
}

void add_measure_options(CLI::App& app, MeasureOptions& options) {
  add_value(app, "--precision", "SHARE", options.settings.precision, parse_precision,
            "95 % interval of the median to reach (1%)");
  add_value(app, "--budget", "TIME", options.settings.budget_seconds, parse_budget,
            "Most time to sample one cell (2s)");
  add_value(app, "--time-limit", "TIME", options.settings.time_limit_seconds, parse_time_limit,
            "Begin no cell that would end later than that");
  app.add_option("--nccl", options.nccl, "NCCL's library, or the folder it is in")
      ->type_name("PATH");
  add_output_option(app, options.output);
  add_value(app, "--keep", "yes|no", options.keep, parse_keep,
            "Whether `peerbench report` can show it again (yes)");
  // Not in the help: compute-sanitizer waits for each kernel, so that a gate never opens.
  add_value(app, "--gate", "MS", options.runner, parse_gate, "")->group("");
  // Not typed like this: it stands for all options of Google Benchmark (see parse.cpp).
  app.add_option(benchmark_option, options.benchmark_arguments)
      ->group("")
      ->configurable(false)
      ->allow_extra_args(false);
}

}  // namespace peerbench::cli
