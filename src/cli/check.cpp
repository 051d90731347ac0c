// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <utility>

#include "cli/check_options.hpp"
#include "cli/command.hpp"
#include "cli/found_machine.hpp"
#include "cli/measure.hpp"
#include "cli/show.hpp"
#include "judge/chosen_part.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

namespace {

tl::unexpected<Error> nothing_asked(const machine::Machine& machine) {
  if (machine.gpus.empty()) {
    return fail(ErrorKind::unsupported,
                "there is no GPU to check, and no --require says that there must be one");
  }
  return fail(ErrorKind::usage,
              "check: say what is required, e.g. peerbench check --require nvlink,gpus=2");
}

/// The machine that is to be judged, without cells.
Expected<result::Run> machine_alone(const CheckOptions& options) {
  auto found = find_machine(options.machine, options.page.identify);
  if (!found) return tl::unexpected(found.error());
  if (options.demands.requirements.empty()) return nothing_asked(found->machine);
  return begin_run(standard_settings(), std::move(*found));
}

/// The result that is to be judged, its earlier checks left away.
Expected<result::Run> recorded(const CheckOptions& options) {
  auto run = result::read_result(options.result);
  if (run) run->checks.clear();
  return run;
}

/// The run, as one of the GPUs and pairs alone that were named; `chosen` gets their numbers.
Expected<void> choose(const CheckOptions& options, result::Run& run, result::Settings& chosen) {
  if (options.selection.empty()) return {};
  if (auto ok = select_gpus(options.selection, run.machine, options.page.identify, chosen); !ok) {
    return ok;
  }
  run = judge::chosen_part(std::move(run), chosen);
  return {};
}

Expected<int> check(const CheckOptions& options) {
  const auto file = output_file(options.output, options.page.identify);
  if (!file) return tl::unexpected(file.error());
  auto run = options.result.empty() ? machine_alone(options) : recorded(options);
  if (!run) return tl::unexpected(run.error());
  result::Settings chosen;
  if (auto ok = choose(options, *run, chosen); !ok) return tl::unexpected(ok.error());
  auto baseline = read_baseline(options.demands);
  if (!baseline) return tl::unexpected(baseline.error());
  if (*baseline && !options.selection.empty()) {
    **baseline = judge::chosen_part(std::move(**baseline), chosen);
  }
  check_demands(options.demands, *baseline, *run);
  if (auto ok = show_check(options.page, *run); !ok) return tl::unexpected(ok.error());
  if (*file) {
    if (auto ok = (*file)->write(*run); !ok) return tl::unexpected(ok.error());
  }
  return static_cast<int>(result::exit_code_of_checks(*run));
}

Finish check_options(CLI::App& app) {
  const auto options = std::make_shared<CheckOptions>();
  add_check_options(app, *options);
  return [options]() -> Expected<Task> {
    if (auto ok = check_check_options(*options); !ok) return tl::unexpected(ok.error());
    return Task{options->machine.simulate, [options] { return check(*options); }};
  };
}

}  // namespace

Command check_command() {
  using enum result::ExitCode;
  return {.name = "check",
          .summary = "Check a machine, or a RESULT file; measures nothing",
          .add_options = check_options,
          .examples = {"peerbench check --require nvlink,gpus=2",
                       "peerbench check --require healthy,all-links",
                       "peerbench check --require p2p --gpus 0,1",
                       "peerbench check RESULT --require healthy,no-errors",
                       "peerbench check RESULT --min 'peer/*>=45GB/s'",
                       "peerbench check RESULT --min 'peer/ce/*/uni/*>=80%full'",
                       "peerbench check RESULT --baseline FILE",
                       "peerbench check RESULT --baseline FILE --max-drop 3%"},
          .exit_codes = {good, check_failed, corrupt, hang, cannot_tell, some_failed, io,
                         nothing_to_measure},
          .notes = demand_notes};
}

}  // namespace peerbench::cli
