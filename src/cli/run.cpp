#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "bench/harness.hpp"
#include "bench/sweep.hpp"
#include "cli/cli.hpp"
#include "cli/prepare.hpp"
#include "cli/progress.hpp"
#include "cli/show.hpp"
#include "cli/watch.hpp"
#include "judge/judge.hpp"
#include "judge/pool_reads.hpp"
#include "result/exit_code.hpp"
#include "result/file.hpp"

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

bool lists_only(const Options& options) {
  return std::ranges::any_of(options.benchmark_arguments, [](const std::string& argument) {
    return argument == "--benchmark_list_tests" || argument == "--benchmark_list_tests=true";
  });
}

}  // namespace

Expected<int> run(const Options& options) {
  std::optional<result::ResultFile> file;
  if (!options.output
           .empty()) {  // before anything is measured: a run whose result is lost is wasted
    auto created = result::ResultFile::create(options.output, {.identify = options.identify});
    if (!created) return tl::unexpected(created.error());
    file = std::move(*created);
  }
  auto prepared = prepare(options);
  if (!prepared) return tl::unexpected(prepared.error());

  result::Run run = begin_run(options, std::move(prepared->found));
  Progress progress(options.quiet);
  std::optional<Error> lost;  // the first failure to write; measuring goes on
  bench::HarnessOptions harness;
  harness.settings = options.settings;
  harness.benchmark_arguments = options.benchmark_arguments;
  harness.on_start = [&](const std::string& name, std::size_t finished, std::size_t all) {
    progress.show(name, finished, all);
  };
  harness.on_cell = [&](result::Cell cell) {
    judge::judge(cell, run.machine);
    add(run.cells, std::move(cell));
    if (!file || lost) return;
    if (auto ok = file->write(run); !ok) lost = ok.error();
  };
  Watch watch(run.machine);
  watch.attach(harness);
  const auto ran = bench::run_all(std::move(prepared->specs), harness);
  progress.clear();
  if (!ran) return tl::unexpected(ran.error());
  if (lists_only(options)) return 0;
  run.fits = bench::fits_of(run.cells);
  judge::join_pool_reads(run);

  std::ranges::move(watch.findings(), std::back_inserter(run.findings));
  if (file && !lost) {
    if (auto ok = file->write(run); !ok) lost = ok.error();
  }
  if (auto ok = show(options, run); !ok) return tl::unexpected(ok.error());
  if (lost) return tl::unexpected(*lost);
  return static_cast<int>(result::exit_code(run));
}

}  // namespace peerbench::cli
