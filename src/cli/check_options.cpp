// SPDX-License-Identifier: Apache-2.0
#include "cli/check_options.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "cli/value_option.hpp"
#include "cli/values.hpp"

namespace peerbench::cli {

namespace {

/// The option may be given several times, with one text each.
template <typename Read, typename Store>
void add_texts(CLI::App& app, const std::string& name, const std::string& type, Read read,
               Store store, const std::string& help) {
  const auto take = [name, read, store](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      auto value = read(text);
      if (!value) throw Refused(name, value.error());
      store(std::move(*value));
    }
  };
  app.add_option_function<std::vector<std::string>>(name, take, help)
      ->type_name(type)
      ->allow_extra_args(false);
}

}  // namespace

void add_check_options(CLI::App& app, CheckOptions& options) {
  app.add_option("RESULT", options.result, "Result to check; without one, this machine")
      ->type_name("");
  add_texts(
      app, "--require", "LIST", judge::parse_requirements,
      [&options](const std::vector<judge::Requirement>& list) {
        std::ranges::copy_if(list, std::back_inserter(options.requirements), [&](const auto& one) {
          return std::ranges::count(options.requirements, one) == 0;
        });
      },
      "What a machine must have (see below)");
  add_texts(
      app, "--min", "LIMIT", judge::parse_limit,
      [&options](judge::Limit limit) { options.limits.push_back(std::move(limit)); },
      "What cells of RESULT must reach (see below)");
  app.add_option("--baseline", options.baseline, "Earlier result that RESULT is compared with")
      ->type_name("FILE");
  add_value(app, "--max-drop", "SHARE", options.max_drop, parse_max_drop,
            "How far below the baseline is still good (5%)");
  add_gpus_option(app, options.selection);
  add_pairs_option(app, options.selection);
  add_machine_options(app, options.machine);
  add_signals_option(app, options.machine);
  add_output_option(app, options.output);
  add_page_options(app, options.page);
  add_identify_option(app, options.page.identify);
}

Expected<void> check_check_options(const CheckOptions& options) {
  const bool judges_result = !options.limits.empty() || !options.baseline.empty();
  if (options.max_drop && options.baseline.empty()) {
    return refuse("--max-drop is since a baseline: peerbench check RESULT --baseline FILE");
  }
  const bool about_all =
      std::ranges::count(options.requirements, judge::Requirement::Kind::no_peer_link,
                         &judge::Requirement::kind) > 0;
  if (about_all && !options.selection.empty()) {
    return refuse("--require no-peer-link is about all GPUs: no --gpus or --pairs beside it");
  }
  if (options.result.empty()) {
    if (std::ranges::any_of(options.requirements, judge::needs_cells)) {
      return refuse(
          "--require no-errors judges the cells of a recorded result: peerbench check RESULT "
          "--require no-errors");
    }
    if (!judges_result) return check_machine_options(options.machine);
    return refuse(options.baseline.empty()
                      ? "--min judges a recorded result: peerbench check RESULT --min LIMIT"
                      : "--baseline is compared with a recorded result: peerbench check RESULT "
                        "--baseline FILE");
  }
  const MachineOptions& machine = options.machine;
  if (!machine.simulate.empty() || !machine.signals.empty() || !machine.save_signals.empty()) {
    return refuse(
        "check RESULT looks at the file alone: no --simulate, --signals or --save-signals");
  }
  if (!judges_result && options.requirements.empty()) {
    return refuse(
        "check RESULT: say what is asked of it, e.g. --min 'peer/*>=45GB/s', --baseline FILE or "
        "--require nvlink");
  }
  return {};
}

}  // namespace peerbench::cli
