// SPDX-License-Identifier: Apache-2.0
// Options that several commands share, in the groups in which they share them. A group is a struct
// and one function that adds its options to a command; what they hold is converted while CLI11
// parses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/gpu_names.hpp"
#include "cli/values.hpp"
#include "measure/runner.hpp"
#include "report/render.hpp"
#include "result/run.hpp"

namespace CLI {
class App;
}

namespace peerbench::cli {

/// Which machine a command is about.
struct MachineOptions {
  std::string simulate;      ///< name or file of a simulated machine; empty: this machine
  std::string signals;       ///< file of saved signals to describe instead; empty: none
  std::string save_signals;  ///< file to save the signals to; empty: none
};

/// --simulate and --save-signals.
void add_machine_options(CLI::App& app, MachineOptions& options);

/// --signals, for commands that need not measure.
void add_signals_option(CLI::App& app, MachineOptions& options);

/// Refuses two machines at once.
Expected<void> check_machine_options(const MachineOptions& options);

/// What a page looks like.
struct PageOptions {
  report::Format format = report::Format::terminal;
  Color color = Color::automatic;
  bool no_color = false;  ///< comes before `color`
  bool quiet = false;
  bool identify = false;  ///< with UUIDs of GPUs, in files too
  bool share = false;     ///< Markdown with every table folded
  report::RunView view = {};
};

/// --identify.
void add_identify_option(CLI::App& app, bool& identify);

/// --format, --color, --no-color and --quiet; not --identify, which some pages have no use for.
void add_page_options(CLI::App& app, PageOptions& options);

/// --all, --section and --share: how much of a run the page shows.
void add_view_options(CLI::App& app, PageOptions& options);

/// Refuses views that a format has no room for.
Expected<void> check_view_options(const PageOptions& options);

/// What is asked of a measurement by a command line that says nothing of it.
result::Settings standard_settings();

/// --gpus.
void add_gpus_option(CLI::App& app, GpuSelection& selection);

/// --pairs.
void add_pairs_option(CLI::App& app, GpuSelection& selection);

/// --filter.
void add_filter_option(CLI::App& app, std::string& filter);

/// --filter, --full, --sizes and --soak: which cells there are.
void add_cell_options(CLI::App& app, result::Settings& settings);

/// What is asked about splitting a model.
struct SplitOptions {
  std::string model;         ///< a name or a file; empty: none
  std::optional<int> cards;  ///< that share it; none: all
};

/// --model and --cards.
void add_split_options(CLI::App& app, SplitOptions& options);

/// Refuses what a model's messages leave no room for.
Expected<void> check_split_options(const SplitOptions& options, const GpuSelection& selection,
                                   const result::Settings& settings);

/// How cells are measured.
struct MeasureOptions {
  MachineOptions machine;
  PageOptions page;
  GpuSelection selection;  ///< joins the settings once the machine is known
  result::Settings settings = standard_settings();
  measure::RunnerLimits runner;                  ///< --gate, for tools that watch the program
  std::string nccl;                              ///< NCCL's file or folder; empty: it is looked for
  std::string output;                            ///< result file to write; empty: none
  bool keep = true;                              ///< the run, for `report` without a file
  std::vector<std::string> benchmark_arguments;  ///< --benchmark_*, handed on as they are
};

/// --output.
void add_output_option(CLI::App& app, std::string& output);

/// --precision, --budget, --time-limit, --nccl, --output and --benchmark_*; machine and page have
/// their own.
void add_measure_options(CLI::App& app, MeasureOptions& options);

}  // namespace peerbench::cli
