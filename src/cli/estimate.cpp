// SPDX-License-Identifier: Apache-2.0
#include "judge/estimate.hpp"

#include "cli/cli.hpp"
#include "cli/found_machine.hpp"
#include "cli/measure.hpp"
#include "cli/show.hpp"
#include "cli/split_model.hpp"
#include "result/exit_code.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

namespace {

Expected<std::vector<result::Run>> recorded(const Options& options) {
  std::vector<result::Run> runs;
  for (const std::string& file : options.files) {
    auto run = result::read_result(file);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  return runs;
}

/// Only what the estimate is made of; the rest of a run would only take time.
Expected<std::vector<result::Run>> measured_now(const Options& options,
                                                const judge::EstimateRequest& request,
                                                const std::optional<result::ResultFile>& file) {
  // Before a minute of measuring, not after it.
  const auto found = find_machine(options);
  if (!found) return tl::unexpected(found.error());
  if (auto ok = judge::can_estimate(found->machine, options.settings, options.estimate, ""); !ok) {
    return tl::unexpected(ok.error());
  }
  Options needed = options;
  needed.settings.split =
      split_messages(options, request.model, {request.batch, judge::prefill_tokens(request)});
  auto measured = measure(needed, file);
  if (!measured) return tl::unexpected(measured.error());
  return std::vector{std::move(measured->run)};
}

}  // namespace

Expected<int> estimate(const Options& options) {
  judge::EstimateRequest request = options.estimate;
  auto model = result::find_model(options.model);
  if (!model) return tl::unexpected(model.error());
  request.model = std::move(*model);
  const auto file = output_file(options);
  if (!file) return tl::unexpected(file.error());
  auto runs = options.files.empty() ? measured_now(options, request, *file) : recorded(options);
  if (!runs) return tl::unexpected(runs.error());
  for (std::size_t i = 0; i < runs->size(); ++i) {
    result::Run& run = (*runs)[i];
    auto made = judge::estimate(run, request, options.files.empty() ? "" : options.files[i]);
    if (!made) return tl::unexpected(made.error());
    run.estimates = {std::move(*made)};
  }
  if (auto ok = show_estimates(options, *runs); !ok) return tl::unexpected(ok.error());
  if (*file) {
    if (auto ok = (*file)->write(runs->front()); !ok) return tl::unexpected(ok.error());
  }
  if (!options.files.empty()) return static_cast<int>(result::ExitCode::good);
  return static_cast<int>(result::exit_code(runs->front()));
}

}  // namespace peerbench::cli
