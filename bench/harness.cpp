#include "bench/harness.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "base/clock.hpp"

namespace peerbench::bench {

namespace {

// Our tables are the display; errors are statuses of cells. Library 1.7.1's own console reporter
// would add a warning about how the distribution built it, and a CPU column that means nothing
// here.
class SilentReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

// The same counters for every cell: the library's CSV reporter aborts when they differ.
void publish(benchmark::State& state, const result::Cell& cell) {
  state.counters["median"] = cell.median.value_or(0);
  state.counters["min"] = cell.min.value_or(0);
  state.counters["max"] = cell.max.value_or(0);
  state.counters["p05"] = cell.p05.value_or(0);
  state.counters["p95"] = cell.p95.value_or(0);
  state.counters["cv"] = cell.cv.value_or(0);
  state.counters["n"] = cell.n;
  state.counters["bytes"] = static_cast<double>(cell.bytes.value_or(0));
}

// Seconds of one copy at the median rate: what the library shows as the iteration's time.
double seconds_per_copy(const Spec& spec, const result::Cell& cell) {
  if (cell.unit == "us") return *cell.median * 1e-6;
  if (cell.time_us) return *cell.time_us * 1e-6;
  if (cell.unit == "ns") return *cell.median * 1e-9;
  const auto transfers = static_cast<double>(std::max<std::size_t>(1, spec.plan.transfers.size()));
  return static_cast<double>(*cell.bytes) * spec.bytes_weight * transfers / (*cell.median * 1e9);
}

/// GPUs lower their clocks some seconds after their last work; the first to do so wait one.
constexpr auto idle_after = std::chrono::milliseconds(900);

std::set<int> gpus_of(const Spec& spec) {
  std::set<int> gpus;
  const auto add = [&](const measure::Transfer& transfer) {
    for (const measure::Place& place : {transfer.source, transfer.destination, transfer.issuer}) {
      if (place.kind == measure::Place::Kind::gpu) gpus.insert(place.index);
    }
  };
  std::ranges::for_each(spec.plan.transfers, add);
  if (spec.beside) add(*spec.beside);
  if (spec.collective) gpus.insert(spec.collective->gpus.begin(), spec.collective->gpus.end());
  return gpus;
}

/// When each GPU was used last.
class LastUse {
 public:
  bool idle(const Spec& spec) const {
    return std::ranges::any_of(gpus_of(spec), [&](int gpu) {
      const auto last = last_.find(gpu);
      return last == last_.end() || HostClock::now() - last->second >= idle_after;
    });
  }
  void used(const Spec& spec) {
    for (const int gpu : gpus_of(spec)) last_[gpu] = HostClock::now();
  }

 private:
  std::map<int, HostClock::time_point> last_;
};

struct Session {
  const HarnessOptions* options;
  std::size_t finished = 0;
  std::size_t all = 0;
  measure::NcclSession nccl;
  LastUse last_use;
  std::string hung;                           ///< name of the cell that never ended
  std::map<std::string, std::string> failed;  ///< reasons, by cell name
};

result::Cell skipped(const Spec& spec, const std::string& hung) {
  result::Cell cell = spec.cell;
  cell.status = result::Status::skipped;
  cell.reason = fmt::format(
      "not run, because {} never ended and the driver may answer no more; run the others with "
      "--filter",
      hung);
  return cell;
}

void run_one(benchmark::State& state, const Spec& spec, Session& session) {
  const HarnessOptions& options = *session.options;
  // Libraries up to 1.8.3 crash when a first repetition fails and a later one does not.
  if (const auto failed = session.failed.find(spec.cell.name); failed != session.failed.end()) {
    return state.SkipWithError(failed->second.c_str());
  }
  const bool touches_gpu = !spec.on_cpu();
  if (options.on_start) options.on_start(spec.cell.name, session.finished, session.all);
  CellRun run = touches_gpu && !session.hung.empty()
                    ? CellRun{skipped(spec, session.hung)}
                    : run_cell(spec, {.options = options,
                                      .data_seed = session.finished + 1,
                                      .nccl = session.nccl,
                                      .gpus_were_idle = session.last_use.idle(spec)});
  session.last_use.used(spec);
  result::Cell& cell = run.cell;
  if (run.still_running) session.hung = cell.name;
  ++session.finished;

  publish(state, cell);
  const bool ok = cell.status == result::Status::ok;
  // SkipWithError before the loop ends it at once; returning without either hangs library 1.8.3.
  if (!ok) {
    session.failed[cell.name] = cell.reason;
    state.SkipWithError(cell.reason.c_str());
  }
  for ([[maybe_unused]] auto _ : state) state.SetIterationTime(seconds_per_copy(spec, cell));
  if (options.on_cell) options.on_cell(std::move(cell));
}

Expected<void> initialize(const std::vector<std::string>& arguments) {
  static std::vector<std::string> kept;  // the library keeps pointers into its argument list
  kept = arguments;
  kept.insert(kept.begin(), "peerbench");
  std::vector<char*> argv;
  for (std::string& argument : kept) argv.push_back(argument.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1) {
    return fail(ErrorKind::usage, fmt::format("Google Benchmark has no option {}", argv[1]));
  }
  return {};
}

}  // namespace

Expected<std::vector<Spec>> filtered(std::vector<Spec> specs, const std::string& filter) {
  try {
    const std::regex pattern(filter);
    std::erase_if(specs,
                  [&](const Spec& spec) { return !std::regex_search(spec.cell.name, pattern); });
  } catch (const std::regex_error& error) {
    return fail(ErrorKind::usage,
                fmt::format("--filter '{}' is not a regular expression: {}", filter, error.what()));
  }
  return specs;
}

Expected<std::size_t> run_all(std::vector<Spec> specs, const HarnessOptions& options) {
  if (auto ok = initialize(options.benchmark_arguments); !ok) return tl::unexpected(ok.error());
  const auto chosen = filtered(std::move(specs), options.settings.filter);
  if (!chosen) return tl::unexpected(chosen.error());
  if (chosen->empty()) return 0;  // the library would complain in its own words

  Session session{.options = &options,
                  .finished = 0,
                  .all = chosen->size(),
                  .nccl = measure::NcclSession(options.nccl),
                  .last_use = {},
                  .hung = {},
                  .failed = {}};
  for (const Spec& spec : *chosen) {
    benchmark::RegisterBenchmark(
        spec.cell.name.c_str(),
        [&session, spec](benchmark::State& state) { run_one(state, spec, session); })
        ->Iterations(1)
        ->UseManualTime();
  }
  SilentReporter silent;
  benchmark::RunSpecifiedBenchmarks(&silent);
  benchmark::ClearRegisteredBenchmarks();
  return session.finished;
}

}  // namespace peerbench::bench
