// SPDX-License-Identifier: Apache-2.0
#include "cli/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "base/printable.hpp"
#include "bench/harness.hpp"
#include "bench/sweep.hpp"
#include "bench/telemetry.hpp"
#include "cli/prepare.hpp"
#include "cli/progress.hpp"
#include "cli/show.hpp"
#include "judge/collective.hpp"
#include "judge/conclusion.hpp"
#include "judge/failures.hpp"
#include "judge/judge.hpp"
#include "judge/peers.hpp"
#include "judge/pool_reads.hpp"

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

Expected<Measured> measure(const MeasureOptions& options,
                           const std::optional<result::ResultFile>& file) {
  auto prepared =
      prepare(options.machine, options.page.identify, options.selection, options.settings);
  if (!prepared) return tl::unexpected(prepared.error());

  Measured measured;
  result::Run& run = measured.run;
  run = begin_run(prepared->settings, std::move(prepared->found));
  if (!options.page.quiet) warn_of_no_code(run);
  const auto write = [&] {
    if (!file || measured.lost) return;
    if (auto ok = file->write(run); !ok) measured.lost = ok.error();
  };
  Progress progress(options.page.quiet);
  bench::HarnessOptions harness;
  harness.settings = prepared->settings;
  harness.benchmark_arguments = options.benchmark_arguments;
  harness.nccl = options.nccl;
  harness.limits = options.runner;
  harness.on_start = [&](const std::string& name, std::size_t finished, std::size_t all) {
    progress.show(name, finished, all);
  };
  harness.on_cell = [&](result::Cell cell) {
    judge::judge(cell, run.machine);
    add(run.cells, std::move(cell));
    write();
  };
  auto watched = bench::run_watched(std::move(prepared->specs), run.machine, harness);
  progress.clear();
  if (!watched) return tl::unexpected(watched.error());
  measured.listed = lists_only(options);
  if (measured.listed) return measured;
  run.fits = bench::fits_of(run.cells);
  judge::join_pool_reads(run);
  judge::compare_with_peers(run);
  std::ranges::move(watched->findings, std::back_inserter(run.findings));
  std::ranges::move(judge::collective_findings(run, nccl_settings()),
                    std::back_inserter(run.findings));
  std::ranges::move(judge::failure_findings(run), std::back_inserter(run.findings));
  run.conclusion = judge::conclude(run);
  write();
  return measured;
}

}  // namespace peerbench::cli
