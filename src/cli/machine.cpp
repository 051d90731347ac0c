// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <memory>
#include <vector>

#include "bench/harness.hpp"
#include "cli/command.hpp"
#include "cli/found_machine.hpp"
#include "cli/options.hpp"
#include "cli/show.hpp"
#include "judge/pool_reads.hpp"

namespace peerbench::cli {

namespace {

struct BoxOptions {
  MachineOptions machine;
  GpuSelection selection;
  PageOptions page;
  bool probe = false;  ///< also read memory of every kind, which takes seconds
};

/// Reads of one GPU's kernels, of memory that they touched first.
bool tells_memories_apart(const result::CellKey& key) {
  return key.family == result::Family::pool && key.engine == result::Engine::sm &&
         key.op == result::Op::read && key.kind == result::Kind::local &&
         result::gpu_of(key.source) && !key.touched_by_cpu && !key.host_resident;
}

/// Reads each GPU's memory of every kind, once its clocks are up; what that says joins the machine.
/// A kind that cannot be had says nothing.
Expected<void> probe(result::Run& run) {
  result::Settings settings;
  settings.gpus = run.settings.gpus;
  settings.full = true;
  settings.budget_seconds = 2;
  bench::HarnessOptions harness;
  harness.settings = settings;
  harness.on_cell = [&](result::Cell cell) { run.cells.push_back(std::move(cell)); };
  std::vector<bench::Spec> specs = bench::catalogue(run.machine, settings);
  std::erase_if(specs,
                [](const bench::Spec& spec) { return !tells_memories_apart(spec.cell.key); });
  const auto ran = bench::run_all(std::move(specs), harness);
  if (!ran) return tl::unexpected(ran.error());
  judge::join_pool_reads(run);
  run.cells.clear();
  return {};
}

Expected<int> machine(const BoxOptions& options) {
  auto found = find_machine(options.machine, options.page.identify);
  if (!found) return tl::unexpected(found.error());
  result::Settings settings = standard_settings();
  if (auto ok = select_gpus(options.selection, found->machine, options.page.identify, settings);
      !ok) {
    return tl::unexpected(ok.error());
  }
  result::Run run = begin_run(settings, std::move(*found));
  if (options.probe) {
    if (auto ok = probe(run); !ok) return tl::unexpected(ok.error());
  }
  if (auto ok = show_machine(options.page, run); !ok) return tl::unexpected(ok.error());
  return static_cast<int>(result::ExitCode::good);
}

Expected<void> check_box_options(const BoxOptions& options) {
  if (options.probe && !options.machine.signals.empty()) {
    return refuse("--probe measures: a machine known from --signals cannot be measured");
  }
  return check_machine_options(options.machine);
}

Finish machine_options(CLI::App& app) {
  const auto options = std::make_shared<BoxOptions>();
  add_machine_options(app, options->machine);
  add_signals_option(app, options->machine);
  app.add_flag("--probe", options->probe, "Tell memories apart by reading them");
  add_gpus_option(app, options->selection);
  add_page_options(app, options->page);
  add_identify_option(app, options->page.identify);
  return [options]() -> Expected<Task> {
    if (auto ok = check_box_options(*options); !ok) return tl::unexpected(ok.error());
    return Task{options->machine.simulate, [options] { return machine(*options); }};
  };
}

}  // namespace

Command machine_command() {
  using enum result::ExitCode;
  return {.name = "machine",
          .summary = "Say what is in the box and how that is known",
          .add_options = machine_options,
          .examples = {"peerbench machine", "peerbench machine --save-signals machine.json",
                       "peerbench machine --signals machine.json"},
          .exit_codes = {good, io}};
}

}  // namespace peerbench::cli
