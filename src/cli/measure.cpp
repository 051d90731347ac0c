// SPDX-License-Identifier: Apache-2.0
#include "cli/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "base/clock.hpp"
#include "base/interrupt.hpp"
#include "base/list_some.hpp"
#include "base/printable.hpp"
#include "bench/expected_time.hpp"
#include "bench/harness.hpp"
#include "bench/sweep.hpp"
#include "bench/telemetry.hpp"
#include "cli/prepare.hpp"
#include "cli/progress.hpp"
#include "cli/show.hpp"
#include "cli/version.hpp"
#include "judge/collective.hpp"
#include "judge/conclusion.hpp"
#include "judge/failures.hpp"
#include "judge/judge.hpp"
#include "judge/peers.hpp"
#include "judge/pool_reads.hpp"
#include "report/describe_work.hpp"

namespace peerbench::cli {

namespace {

// A repetition (--benchmark_repetitions) takes the place of the one before.
void add(std::vector<result::Cell>& cells, result::Cell cell) {
  const auto same = std::ranges::find(cells, cell.name, &result::Cell::name);
  if (same != cells.end()) {
    *same = std::move(cell);
  } else {
    cells.push_back(std::move(cell));
  }
}

/// Those that decide whether GPUs talk directly.
judge::NcclSettings nccl_settings() {
  judge::NcclSettings set;
  for (const char* name : {"NCCL_P2P_DISABLE", "NCCL_P2P_LEVEL"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') set.emplace_back(name, value);
  }
  return set;
}

/// Before minutes of measuring: what a build with code for the GPUs would add.
void warn_of_no_code(const result::Run& run) {
  using machine::FindingCode;
  for (const FindingCode code : {FindingCode::gpu_too_old, FindingCode::gpu_needs_other_build,
                                 FindingCode::gpu_not_built_for}) {
    const machine::Finding* const finding = machine::find_finding(run.findings, code);
    if (finding == nullptr) continue;
    fmt::print(stderr, "peerbench: {}\n", printable(finding->what + "; " + finding->advice));
  }
}

/// Notes when and how it ended. Google Benchmark's filter may have taken cells out that were
/// planned.
void end_run(result::Run& run) {
  run.ended = utc_now();
  if (const int signal = interruption(); signal != 0) {
    run.interrupted =
        signal == SIGTERM ? result::Interruption::sigterm : result::Interruption::sigint;
  } else {
    run.planned = static_cast<int>(run.cells.size());
  }
}

bool lists_only(const MeasureOptions& options) {
  return std::ranges::any_of(options.benchmark_arguments, [](const std::string& argument) {
    return argument == "--benchmark_list_tests" || argument == "--benchmark_list_tests=true";
  });
}

}  // namespace

Expected<std::optional<result::ResultFile>> output_file(const std::string& output, bool identify) {
  if (output.empty()) return std::nullopt;
  auto created = result::ResultFile::create(output, {.identify = identify});
  if (!created) return tl::unexpected(created.error());
  return std::optional(std::move(*created));
}

void write(const std::optional<result::ResultFile>& file, Measured& measured) {
  if (!file || measured.lost) return;
  if (auto ok = file->write(measured.run); !ok) measured.lost = ok.error();
}

Expected<Measured> measure(const MeasureOptions& options,
                           const std::optional<result::ResultFile>& file) {
  const auto start = HostClock::now();
  auto prepared =
      prepare(options.machine, options.page.identify, options.selection, options.settings);
  if (!prepared) return tl::unexpected(prepared.error());

  Measured measured;
  result::Run& run = measured.run;
  run = begin_run(prepared->settings, std::move(prepared->found));
  if (!options.page.quiet) warn_of_no_code(run);
  const InterruptGuard guard;
  const bool lists = lists_only(options);
  Progress progress(to_standard_error(options.page.quiet || lists));
  bench::HarnessOptions harness;
  harness.settings = prepared->settings;
  harness.benchmark_arguments = options.benchmark_arguments;
  harness.nccl = options.nccl;
  harness.limits = options.runner;
  if (const auto limit = options.settings.time_limit_seconds) {
    harness.deadline = start + std::chrono::nanoseconds(static_cast<std::int64_t>(*limit * 1e9));
  }
  harness.on_begin = [&](const std::vector<bench::Spec>& cells) {
    run.planned = static_cast<int>(cells.size());
    progress.begin(cells.size(), bench::expected_seconds(cells, options.settings),
                   run.simulated ? " of the simulated machine's time" : "");
  };
  std::string unit;
  harness.on_start = [&](const bench::Spec& spec, std::size_t finished) {
    unit = spec.cell.unit;
    progress.start(report::describe_work(spec.cell, run.machine), finished,
                   bench::expected_seconds(spec, options.settings));
  };
  harness.on_sample = [&](double value) { progress.sample(value, unit); };
  harness.on_cell = [&](result::Cell cell) {
    judge::judge(cell, run.machine);
    add(run.cells, std::move(cell));
    write(file, measured);
  };
  auto watched = bench::run_watched(std::move(prepared->specs), run.machine, harness);
  progress.clear();
  if (!watched) return tl::unexpected(watched.error());
  measured.listed = lists;
  if (lists) return measured;
  end_run(run);
  run.fits = bench::fits_of(run.cells);
  judge::join_pool_reads(run);
  judge::compare_with_peers(run);
  std::ranges::move(watched->findings, std::back_inserter(run.findings));
  std::ranges::move(judge::collective_findings(run, nccl_settings()),
                    std::back_inserter(run.findings));
  std::ranges::move(judge::failure_findings(run), std::back_inserter(run.findings));
  run.conclusion = judge::conclude(run);
  write(file, measured);
  return measured;
}

void say_interrupted(const result::Run& run, const report::Kept& kept) {
  const std::string where = run.cells.empty()    ? ""
                            : !kept.file.empty() ? fmt::format("; '{}' holds them", kept.file)
                            : kept.as_last       ? "; `peerbench report` shows them again"
                                                 : "";
  fmt::print(stderr, "peerbench: interrupted after {} of {}{}\n", run.cells.size(),
             with_count(*run.planned, "cell"), where);
}

}  // namespace peerbench::cli
