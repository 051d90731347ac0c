// SPDX-License-Identifier: Apache-2.0
#include "judge/estimate.hpp"

#include <memory>

#include "cli/command.hpp"
#include "cli/found_machine.hpp"
#include "cli/measure.hpp"
#include "cli/options.hpp"
#include "cli/show.hpp"
#include "cli/split_model.hpp"
#include "cli/value_option.hpp"
#include "cli/values.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

namespace {

struct EstimateOptions {
  MeasureOptions measure;
  SplitOptions split;
  std::vector<std::string> from;   ///< results to take cells from; empty: they are measured now
  judge::EstimateRequest request;  ///< all but the model and its GPUs
};

Expected<std::vector<result::Run>> recorded(const EstimateOptions& options) {
  std::vector<result::Run> runs;
  for (const std::string& file : options.from) {
    auto run = result::read_result(file);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  return runs;
}

/// Only what the estimate is made of; the rest of a run would only take time.
Expected<std::vector<result::Run>> measured_now(const MeasureOptions& options,
                                                const judge::EstimateRequest& request,
                                                const std::optional<result::ResultFile>& file) {
  // Before a minute of measuring, not after it.
  const auto found = find_machine(options.machine, options.page.identify);
  if (!found) return tl::unexpected(found.error());
  result::Settings settings = options.settings;
  if (auto ok = select_gpus(options.selection, found->machine, options.page.identify, settings);
      !ok) {
    return tl::unexpected(ok.error());
  }
  if (auto ok = judge::can_estimate(found->machine, settings, request, ""); !ok) {
    return tl::unexpected(ok.error());
  }
  MeasureOptions needed = options;
  needed.settings.split =
      split_messages(request.model, request.cards, {request.batch, judge::prefill_tokens(request)});
  auto measured = measure(needed, file);
  if (!measured) return tl::unexpected(measured.error());
  return std::vector{std::move(measured->run)};
}

Expected<int> estimate(const EstimateOptions& options) {
  judge::EstimateRequest request = options.request;
  request.cards = options.split.cards;
  auto model = result::find_model(options.split.model);
  if (!model) return tl::unexpected(model.error());
  request.model = std::move(*model);
  const auto file = output_file(options.measure.output, options.measure.page.identify);
  if (!file) return tl::unexpected(file.error());
  auto runs =
      options.from.empty() ? measured_now(options.measure, request, *file) : recorded(options);
  if (!runs) return tl::unexpected(runs.error());
  if (options.from.empty() && runs->front().interrupted) {
    say_interrupted(runs->front(), {.file = options.measure.output});
    return static_cast<int>(result::exit_code(runs->front()));
  }
  for (std::size_t i = 0; i < runs->size(); ++i) {
    result::Run& run = (*runs)[i];
    auto made = judge::estimate(run, request, options.from.empty() ? "" : options.from[i]);
    if (!made) return tl::unexpected(made.error());
    run.estimates = {std::move(*made)};
  }
  if (auto ok = show_estimates(options.measure.page, *runs); !ok) {
    return tl::unexpected(ok.error());
  }
  if (*file) {
    if (auto ok = (*file)->write(runs->front()); !ok) return tl::unexpected(ok.error());
  }
  if (!options.from.empty()) return static_cast<int>(result::ExitCode::good);
  return static_cast<int>(result::exit_code(runs->front()));
}

Expected<void> check_estimate_options(const EstimateOptions& options) {
  const MeasureOptions& measure = options.measure;
  if (options.split.model.empty()) {
    return refuse("estimate needs a model: peerbench estimate --model llama-3-8b [--from RESULT]");
  }
  if (!options.from.empty() && !measure.machine.simulate.empty()) {
    return refuse("--from takes recorded results, --simulate measures one: give one of them");
  }
  if (!options.from.empty() && !measure.selection.gpus.empty()) {
    return refuse("--gpus chooses what is measured; of a result --cards 2 takes the first two");
  }
  if (measure.page.format == report::Format::csv) {
    return refuse("an estimate has no rows: terminal, markdown or json");
  }
  if (options.from.size() > 1 && !measure.output.empty()) {
    return refuse("--output keeps the estimate in one result: give one --from");
  }
  return {};
}

void add_request_options(CLI::App& app, judge::EstimateRequest& request) {
  add_value(app, "--weights", "KIND", request.weights, parse_weights,
            "fp16 (default), fp8, int4, q8_0, q6_k, q5_k_m, q4_k_m");
  add_value(app, "--kv-cache", "KIND", request.cache, parse_cache,
            "One element of the cache: fp16 (default), fp8 or q8_0");
  const auto add_count = [&app](const char* name, const char* type, int& into, const char* help) {
    add_value(
        app, name, type, [name](const std::string& text) { return parse_count(name, text); },
        [&into](int count) { into = count; }, help);
  };
  add_count("--context", "T", request.context, "Tokens of each sequence (4k)");
  add_count("--batch", "B", request.batch, "Sequences at once (1)");
}

Finish estimate_options(CLI::App& app) {
  const auto options = std::make_shared<EstimateOptions>();
  add_split_options(app, options->split);
  add_request_options(app, options->request);
  app.add_option("--from", options->from, "Results to take the cells from, not measured now")
      ->type_name("RESULT");
  add_machine_options(app, options->measure.machine);
  add_gpus_option(app, options->measure.selection);
  add_measure_options(app, options->measure);
  add_page_options(app, options->measure.page);
  add_identify_option(app, options->measure.page.identify);
  return [options]() -> Expected<Task> {
    if (auto ok = check_estimate_options(*options); !ok) return tl::unexpected(ok.error());
    return Task{options->measure.machine.simulate, [options] { return estimate(*options); }};
  };
}

}  // namespace

Command estimate_command() {
  using enum result::ExitCode;
  return {.name = "estimate",
          .summary = "Estimate what splitting a model costs on the links",
          .add_options = estimate_options,
          .examples = {"peerbench estimate --model llama-3-8b --from result.json",
                       "peerbench estimate --model llama-3-70b --weights int4 --context 8k"},
          .exit_codes = {good, corrupt, hang, some_failed, io, nothing_to_measure, interrupted,
                         terminated},
          .refusals = {
              {"--pairs", "a model is split over GPUs, not over pairs: --gpus 0,1 says over which"},
              {"--signals", "estimate needs measured cells: --from RESULT"}}};
}

}  // namespace peerbench::cli
