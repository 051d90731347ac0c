// SPDX-License-Identifier: Apache-2.0
#include "bench/harness.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/checked.hpp"
#include "base/clock.hpp"
#include "base/interrupt.hpp"
#include "bench/expected_time.hpp"
#include "measure/gpu_loss.hpp"

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
  const auto transfers =
      static_cast<double>(spec.plan() != nullptr ? spec.plan()->transfers.size() : 1);
  return static_cast<double>(*cell.bytes) * spec.bytes_weight * transfers / (*cell.median * 1e9);
}

/// GPUs lower their clocks some seconds after their last work; the first to do so wait one.
constexpr auto idle_after = std::chrono::milliseconds(900);

/// When each GPU was used last.
class LastUse {
 public:
  bool idle(const Spec& spec) const {
    return std::ranges::any_of(measure::busy_gpus(spec.work), [&](int gpu) {
      const auto last = last_.find(gpu);
      return last == last_.end() || HostClock::now() - last->second >= idle_after;
    });
  }
  void used(const Spec& spec) {
    for (const int gpu : measure::busy_gpus(spec.work)) last_[gpu] = HostClock::now();
  }

 private:
  std::map<int, HostClock::time_point> last_;
};

struct Session {
  const HarnessOptions* options;
  std::size_t finished = 0;
  measure::NcclSession nccl;
  LastUse last_use;
  Forecast forecast;
  std::string hung;                           ///< name of the cell that never ended
  std::string context_lost;                   ///< why no GPU can be used any more
  std::map<int, std::string> gpus_lost;       ///< why this one cannot
  std::map<std::string, std::string> failed;  ///< reasons, by cell name
};

struct Skipped {
  result::Skip cause;
  std::string reason;
};

double seconds_since(HostClock::time_point start) {
  return std::chrono::duration<double>(HostClock::now() - start).count();
}

/// Whether the deadline comes before the cell would end.
std::optional<Skipped> too_late(const Spec& spec, const Session& session) {
  const auto& deadline = session.options->deadline;
  if (!deadline) return {};
  const double needs =
      session.forecast.corrected(expected_seconds(spec, session.options->settings));
  const double left = -seconds_since(*deadline);
  if (needs == 0 || needs <= left) return {};
  return Skipped{result::Skip::time_limit,
                 fmt::format("not run, because it takes about {:.1f} s and {:.1f} s of the time "
                             "limit were left; give more with --time-limit, or choose with "
                             "--filter",
                             needs, std::max(left, 0.0))};
}

/// Why the spec is not run; none: it is. What runs on the CPU alone is, whatever the GPUs do.
std::optional<Skipped> why_skipped(const Spec& spec, const Session& session) {
  using enum result::Skip;
  if (auto late = too_late(spec, session)) return late;
  const std::set<int> gpus = spec.gpus();
  if (gpus.empty()) return {};
  if (!session.context_lost.empty()) return Skipped{context_lost, session.context_lost};
  for (const int gpu : gpus) {
    const auto lost = session.gpus_lost.find(gpu);
    if (lost != session.gpus_lost.end()) return Skipped{gpu_lost, lost->second};
  }
  if (session.hung.empty() || spec.on_cpu()) return {};
  return Skipped{after_hang,
                 fmt::format("not run, because {} never ended and the driver may answer no more; "
                             "run the others with --filter",
                             session.hung)};
}

/// NCCL has no word for it, and what it refuses is unsupported.
bool may_have_lost(const Spec& spec, result::Status status) {
  return status == result::Status::error || status == result::Status::hang ||
         (status == result::Status::unsupported && spec.collective() != nullptr &&
          spec.why_not.empty());
}

/// Where to look for why a GPU answers nothing but this.
const char* where_to_look(cudaError_t error) {
  return error == cudaErrorDevicesUnavailable
             ? "another process may have it for itself (nvidia-smi shows processes and compute "
               "modes), or it was lost: then the kernel's log (dmesg) has Xid errors of NVRM"
             : "the kernel's log (dmesg) says why it was lost, as Xid errors of NVRM";
}

/// What NCCL refused is an error where CUDA has lost a GPU, which is the cause, as of what hangs.
void name_loss(result::Cell& cell, int gpu, const char* error) {
  if (cell.status == result::Status::error) return;
  if (cell.status == result::Status::unsupported) cell.status = result::Status::error;
  cell.reason = fmt::format("CUDA answers {} for gpu{}; {}", error, gpu, cell.reason);
}

/// Keeps what a cell's failure has cost beyond the cell.
void find_losses(const Spec& spec, result::Cell& cell, Session& session) {
  for (const int gpu : spec.gpus()) {
    const measure::GpuLoss found = measure::ask_about(gpu);
    if (found.loss == Loss::none) continue;
    const char* const error = cudaGetErrorName(found.error);
    name_loss(cell, gpu, error);
    if (found.loss == Loss::context) {
      session.context_lost = fmt::format(
          "not run, because CUDA reported {} during {}; only a new process gets a working GPU "
          "again: run the others with --filter",
          error, cell.name);
      return;
    }
    session.gpus_lost[gpu] =
        fmt::format("not run, because gpu{} answers nothing but {} since {}; {}", gpu, error,
                    cell.name, where_to_look(found.error));
  }
}

CellRun run_or_skip(const Spec& spec, Session& session) {
  if (auto skipped = why_skipped(spec, session)) {
    CellRun run{spec.cell};
    run.cell.status = result::Status::skipped;
    run.cell.reason = std::move(skipped->reason);
    run.cell.skip = skipped->cause;
    return run;
  }
  const auto start = HostClock::now();
  CellRun run = run_cell(spec, {.options = *session.options,
                                .data_seed = session.finished + 1,
                                .nccl = session.nccl,
                                .gpus_were_idle = session.last_use.idle(spec)});
  session.forecast.finished(expected_seconds(spec, session.options->settings),
                            seconds_since(start));
  if (run.still_running) {
    session.hung = run.cell.name;
  } else if (may_have_lost(spec, run.cell.status)) {
    find_losses(spec, run.cell, session);
  }
  return run;
}

/// Whether a signal has cut the cell short: what it says then is no figure, and no failure either.
bool cut_short(const result::Cell& cell) {
  return interrupted() &&
         (cell.status == result::Status::error || cell.status == result::Status::hang);
}

void run_one(benchmark::State& state, const Spec& spec, Session& session) {
  const HarnessOptions& options = *session.options;
  // Libraries up to 1.8.3 crash when a first repetition fails and a later one does not.
  if (const auto failed = session.failed.find(spec.cell.name); failed != session.failed.end()) {
    return state.SkipWithError(failed->second.c_str());
  }
  if (interrupted()) return state.SkipWithError("interrupted");
  if (options.on_start) options.on_start(spec, session.finished);
  CellRun run = run_or_skip(spec, session);
  session.last_use.used(spec);
  result::Cell& cell = run.cell;
  if (cut_short(cell)) return state.SkipWithError("interrupted");
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

Expected<std::size_t> run_all(std::vector<Spec> specs, const HarnessOptions& options) {
  if (auto ok = initialize(options.benchmark_arguments); !ok) return tl::unexpected(ok.error());
  const auto cells = chosen(std::move(specs), options.settings);
  if (!cells) return tl::unexpected(cells.error());
  if (cells->empty()) return 0;  // the library would complain in its own words
  forget_forgiven();

  Session session{.options = &options,
                  .finished = 0,
                  .nccl = measure::NcclSession(options.nccl),
                  .last_use = {},
                  .forecast = {},
                  .hung = {},
                  .context_lost = {},
                  .gpus_lost = {},
                  .failed = {}};
  for (const Spec& spec : *cells) {
    benchmark::RegisterBenchmark(
        spec.cell.name.c_str(),
        [&session, spec](benchmark::State& state) { run_one(state, spec, session); })
        ->Iterations(1)
        ->UseManualTime();
  }
  if (options.on_begin) options.on_begin(*cells);
  SilentReporter silent;
  benchmark::RunSpecifiedBenchmarks(&silent);
  benchmark::ClearRegisteredBenchmarks();
  return session.finished;
}

}  // namespace peerbench::bench
