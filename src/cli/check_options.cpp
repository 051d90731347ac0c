// SPDX-License-Identifier: Apache-2.0
#include "cli/check_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/command.hpp"

namespace peerbench::cli {

void add_check_options(CLI::App& app, CheckOptions& options) {
  app.add_option("RESULT", options.result, "Result to check; without one, this machine")
      ->type_name("");
  add_demand_options(app, options.demands);
  add_gpus_option(app, options.selection);
  add_pairs_option(app, options.selection);
  add_machine_options(app, options.machine);
  add_signals_option(app, options.machine);
  add_output_option(app, options.output);
  add_page_options(app, options.page);
  add_identify_option(app, options.page.identify);
}

Expected<void> check_check_options(const CheckOptions& options) {
  const Demands& demands = options.demands;
  const bool judges_result = !demands.limits.empty() || !demands.baseline.empty();
  if (demands.max_drop && demands.baseline.empty()) {
    return refuse("--max-drop is since a baseline: peerbench check RESULT --baseline FILE");
  }
  const bool about_all =
      std::ranges::count(demands.requirements, judge::Requirement::Kind::no_peer_link,
                         &judge::Requirement::kind) > 0;
  if (about_all && !options.selection.empty()) {
    return refuse("--require no-peer-link is about all GPUs: no --gpus or --pairs beside it");
  }
  if (options.result.empty()) {
    if (std::ranges::any_of(demands.requirements, judge::needs_cells)) {
      return refuse(
          "--require no-errors judges the cells of a recorded result: peerbench check RESULT "
          "--require no-errors");
    }
    if (!judges_result) return check_machine_options(options.machine);
    return refuse(demands.baseline.empty()
                      ? "--min judges a recorded result: peerbench check RESULT --min LIMIT"
                      : "--baseline is compared with a recorded result: peerbench check RESULT "
                        "--baseline FILE");
  }
  const MachineOptions& machine = options.machine;
  if (!machine.simulate.empty() || !machine.signals.empty() || !machine.save_signals.empty()) {
    return refuse(
        "check RESULT looks at the file alone: no --simulate, --signals or --save-signals");
  }
  if (!judges_result && demands.requirements.empty()) {
    return refuse(
        "check RESULT: say what is asked of it, e.g. --min 'peer/*>=45GB/s', --baseline FILE or "
        "--require nvlink");
  }
  return {};
}

}  // namespace peerbench::cli
