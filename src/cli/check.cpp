// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <optional>

#include "cli/cli.hpp"
#include "cli/found_machine.hpp"
#include "cli/show.hpp"
#include "judge/baseline.hpp"
#include "judge/limits.hpp"
#include "judge/requirements.hpp"
#include "result/exit_code.hpp"
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
Expected<result::Run> machine_alone(const Options& options) {
  auto found = find_machine(options);
  if (!found) return tl::unexpected(found.error());
  if (options.requirements.empty()) return nothing_asked(found->machine);
  return begin_run(options, std::move(*found));
}

/// The result that is to be judged, its earlier checks left away.
Expected<result::Run> recorded(const Options& options) {
  auto run = result::read_result(options.files.front());
  if (run) run->checks.clear();
  return run;
}

/// The baseline goes by its name without folders: those may tell of a user.
Expected<void> check_since_baseline(const Options& options, result::Run& run) {
  if (options.baseline.empty()) return {};
  const auto baseline = result::read_result(options.baseline);
  if (!baseline) return tl::unexpected(baseline.error());
  run.checks.push_back(judge::check_baseline(
      run, *baseline, std::filesystem::path(options.baseline).filename().string(),
      options.max_drop.value_or(judge::default_max_drop)));
  return {};
}

}  // namespace

Expected<int> check(const Options& options) {
  std::optional<result::ResultFile> file;
  if (!options.output.empty()) {
    auto created = result::ResultFile::create(options.output, {.identify = options.identify});
    if (!created) return tl::unexpected(created.error());
    file = std::move(*created);
  }
  auto run = options.files.empty() ? machine_alone(options) : recorded(options);
  if (!run) return tl::unexpected(run.error());
  for (const judge::Requirement& requirement : options.requirements) {
    run->checks.push_back(judge::check(run->machine, requirement));
  }
  for (const judge::Limit& limit : options.limits) {
    run->checks.push_back(judge::check(*run, limit));
  }
  if (auto ok = check_since_baseline(options, *run); !ok) return tl::unexpected(ok.error());
  if (auto ok = show_check(options, *run); !ok) return tl::unexpected(ok.error());
  if (file) {
    if (auto ok = file->write(*run); !ok) return tl::unexpected(ok.error());
  }
  return static_cast<int>(result::exit_code_of_checks(*run));
}

}  // namespace peerbench::cli
