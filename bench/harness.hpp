// SPDX-License-Identifier: Apache-2.0
// Runs cells as Google Benchmark benchmarks: registered after discovery, one iteration is one whole
// sampling run, our statistics become counters. Google Benchmark decides order, filter and
// --benchmark_out; the cells are handed out one by one as they finish.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "bench/spec.hpp"
#include "measure/measurement.hpp"

namespace peerbench::bench {

struct HarnessOptions {
  result::Settings settings;
  /// `--benchmark_*` arguments as the user wrote them.
  std::vector<std::string> benchmark_arguments;
  /// NCCL's file or folder; empty: it is looked for.
  std::string nccl;
  measure::RunnerLimits limits;
  /// No cell begins that is expected to end later; none: all do.
  std::optional<HostClock::time_point> deadline;
  /// Clocks of these GPUs, as of MeasureOptions::clocks.
  std::function<std::vector<int>(const std::set<int>&)> clocks;
  /// Called once, with all that will run; not where that is nothing.
  std::function<void(const std::vector<Spec>&)> on_begin;
  /// Called before a cell runs, with how many are finished.
  std::function<void(const Spec&, std::size_t finished)> on_start;
  /// Called with each sample of it, warm-up included, in the cell's unit.
  std::function<void(double)> on_sample;
  /// Called with each finished cell, also when it failed.
  std::function<void(result::Cell)> on_cell;
  /// What follows is set by telemetry.hpp. Called while a plan's copies are under way, outside its
  /// timed samples.
  std::function<void(const measure::Plan&)> under_load;
  /// Called before anything of a plan is copied, and once all is copied and verified; the latter
  /// may add to its cell what happened between the two.
  std::function<void(const measure::Plan&)> before_plan;
  std::function<void(const measure::Plan&, const measure::Measurement&, result::Cell&)> after_plan;
};

/// Runs all specs that the settings (`chosen`) and --benchmark_filter select. Returns how many ran.
/// Once interrupted (interrupt.hpp) no more of them do, and the one under way is not handed out.
/// Fails with ErrorKind::usage for a filter that is no regular expression or a --benchmark argument
/// that the library refuses.
Expected<std::size_t> run_all(std::vector<Spec> specs, const HarnessOptions& options);

struct CellRun {
  result::Cell cell;
  bool still_running = false;  ///< what hangs has not come back
};

/// What a cell needs beside its spec.
struct CellContext {
  const HarnessOptions& options;
  std::uint64_t data_seed = 1;
  measure::NcclSession& nccl;
  /// One of its GPUs has done nothing for so long that its clocks may be low.
  bool gpus_were_idle = true;
};

/// Measures one spec. Cells that come after one that still runs are skipped, since the device
/// answers no more.
CellRun run_cell(const Spec& spec, const CellContext& context);

}  // namespace peerbench::bench
