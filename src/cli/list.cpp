// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "bench/expected_time.hpp"
#include "bench/harness.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/prepare.hpp"
#include "cli/split_model.hpp"
#include "report/render.hpp"

namespace peerbench::cli {

namespace {

struct ListOptions {
  MachineOptions machine;
  GpuSelection selection;
  result::Settings settings = standard_settings();
  SplitOptions split;
  bool names_alone = false;
  bool identify = false;  ///< what is saved of the machine
};

/// A line a cell, its name first; the total goes where it is in nobody's way who reads the names.
void print_cells(const std::vector<bench::Spec>& cells, const ListOptions& options) {
  std::size_t width = 0;
  for (const bench::Spec& spec : cells) width = std::max(width, spec.cell.name.size());
  for (const bench::Spec& spec : cells) {
    const double seconds = bench::expected_seconds(spec, options.settings);
    if (options.names_alone) {
      fmt::print("{}\n", spec.cell.name);
    } else if (seconds == 0) {
      fmt::print("{:{}}  not possible\n", spec.cell.name, width);
    } else {
      fmt::print("{:{}}  {:.1f} s\n", spec.cell.name, width, seconds);
    }
  }
  if (options.names_alone) return;
  std::fflush(stdout);
  fmt::print(stderr, "{}, about {}\n", with_count(cells.size(), "measurement"),
             format_duration(bench::expected_seconds(cells, options.settings)));
}

Expected<int> list(ListOptions options) {
  if (auto ok = add_messages(options.split, options.settings); !ok) {
    return tl::unexpected(ok.error());
  }
  auto prepared = prepare(options.machine, options.identify, options.selection, options.settings);
  if (!prepared) return tl::unexpected(prepared.error());
  const auto chosen = bench::chosen(std::move(prepared->specs), prepared->settings);
  if (!chosen) return tl::unexpected(chosen.error());
  if (chosen->empty() && !options.settings.filter.empty()) {
    return fail(ErrorKind::unsupported, report::nothing_matches(options.settings.filter));
  }
  print_cells(*chosen, options);
  return 0;
}

Expected<void> check_list_options(const ListOptions& options) {
  if (auto ok = check_machine_options(options.machine); !ok) return ok;
  return check_split_options(options.split, options.selection, options.settings);
}

Finish list_options(CLI::App& app) {
  const auto options = std::make_shared<ListOptions>();
  add_machine_options(app, options->machine);
  add_signals_option(app, options->machine);
  add_gpus_option(app, options->selection);
  add_pairs_option(app, options->selection);
  add_cell_options(app, options->settings);
  add_split_options(app, options->split);
  app.add_flag("--names", options->names_alone, "Without the time that each takes about");
  add_identify_option(app, options->identify);
  return [options]() -> Expected<Task> {
    if (auto ok = check_list_options(*options); !ok) return tl::unexpected(ok.error());
    return Task{options->machine.simulate, [options] { return list(*options); }};
  };
}

}  // namespace

Command list_command() {
  using enum result::ExitCode;
  return {.name = "list",
          .summary = "List the cells that run would measure",
          .add_options = list_options,
          .examples = {"peerbench list --full --names",
                       "peerbench list --simulate hgx-h100-8 --filter '^collective/'"},
          .exit_codes = {good, io, nothing_to_measure}};
}

}  // namespace peerbench::cli
