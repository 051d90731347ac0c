// SPDX-License-Identifier: Apache-2.0
#include "bench/harness.hpp"
#include "cli/cli.hpp"
#include "cli/found_machine.hpp"
#include "cli/show.hpp"
#include "judge/pool_reads.hpp"
#include "result/exit_code.hpp"

namespace peerbench::cli {

namespace {

/// Reads each GPU's memory of every kind, once its clocks are up; what that says joins the machine.
/// A kind that cannot be had says nothing.
Expected<void> probe(result::Run& run) {
  result::Settings settings;
  settings.gpus = run.settings.gpus;
  settings.filter = "^pool/sm/read/gpu[0-9]+/(device|managed|pinned|plain)/bytes:";
  settings.budget_seconds = 2;
  bench::HarnessOptions harness;
  harness.settings = settings;
  harness.on_cell = [&](result::Cell cell) { run.cells.push_back(std::move(cell)); };
  const auto ran = bench::run_all(bench::catalogue(run.machine, settings), harness);
  if (!ran) return tl::unexpected(ran.error());
  judge::join_pool_reads(run);
  run.cells.clear();
  return {};
}

}  // namespace

Expected<int> machine(const Options& options) {
  auto found = find_machine(options);
  if (!found) return tl::unexpected(found.error());
  result::Run run = begin_run(options, std::move(*found));
  if (options.probe) {
    if (auto ok = probe(run); !ok) return tl::unexpected(ok.error());
  }
  if (auto ok = show_machine(options, run); !ok) return tl::unexpected(ok.error());
  return static_cast<int>(result::ExitCode::good);
}

}  // namespace peerbench::cli
