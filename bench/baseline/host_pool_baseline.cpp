// SPDX-License-Identifier: Apache-2.0
// How much faster the host pool's loops are than plain ones, in one run: exit code 1 when a ratio
// is below what the project asks for. With --variants also every other row of loops and page size.
// A benchmark proves a speed on a machine that is not busy; it is no part of the tests.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstring>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "measure/statistics.hpp"

namespace {

using peerbench::kernels::HostLoops;
using peerbench::measure::HostOp;
using peerbench::measure::Pages;

constexpr int rounds = 41;

struct Goal {
  HostOp op;
  double least;  // ratio; 0: reported only
};
// Of write only reported: streaming stores spare a write at most half of its traffic, so that a
// ratio much above 2 would say more about the plain loop than about ours (kernels/README.md).
constexpr Goal goals[] = {
    {HostOp::read, 1.0}, {HostOp::write, 0}, {HostOp::copy, 1.8}, {HostOp::triad, 1.4}};

/// What main() judges and prints after Google Benchmark's own table.
struct Outcome {
  std::vector<std::string> lines;
  bool failed = false;
};

void run(benchmark::State& state, Goal goal, const HostLoops* loops, Pages pages, bool judged,
         Outcome* outcome) {
  using namespace peerbench;
  const std::string op = measure::name(goal.op);
  const auto compared = baseline::compare(goal.op, *loops, pages, rounds);
  if (!compared) {
    outcome->failed = true;
    outcome->lines.push_back(op + ": " + compared.error().message);
    state.SkipWithError(compared.error().message.c_str());
    return;
  }
  const auto ours = measure::summarize(compared->ours);
  const auto plain = measure::summarize(compared->plain);
  const auto ratios = compared->ratios();
  const auto ratio = measure::summarize(ratios);
  const auto interval = measure::median_interval(ratios);
  const double bytes =
      static_cast<double>(measure::bytes_read(goal.op, compared->bytes_per_array) +
                          measure::bytes_written(goal.op, compared->bytes_per_array));
  for (auto _ : state) state.SetIterationTime(bytes / (ours.median * 1e9));
  state.counters["ours_GB/s"] = ours.median;
  state.counters["plain_GB/s"] = plain.median;
  state.counters["ratio"] = ratio.median;

  const bool low = judged && ratio.median < goal.least;
  outcome->failed = outcome->failed || low;
  outcome->lines.push_back(fmt::format(
      "{:5} {:8} {:8} ours {:6.2f}  plain {:6.2f} GB/s  ratio {:.2f} (95 % interval {:.2f} to "
      "{:.2f}), by time on a core {:.2f}{}",
      op, loops->name, fmt::format("huge {:.0f}%", 100 * compared->huge_share), ours.median,
      plain.median, ratio.median, interval->low, interval->high,
      measure::summarize(compared->core_ratios).median,
      !judged || goal.least == 0
          ? ""
          : fmt::format("  {} {:.1f}", low ? "BELOW" : "at least", goal.least)));
}

void register_all(bool variants, Outcome* outcome) {
  using namespace peerbench;
  for (const Goal& goal : goals) {
    for (const HostLoops* loops : kernels::host_loops()) {
      for (const Pages pages : {Pages::huge, Pages::ordinary}) {
        const bool judged = loops == &kernels::widest_host_loops() && pages == Pages::huge;
        if (!loops->usable() || !(judged || variants)) continue;
        const std::string name = fmt::format("pool/cpu/{}/{}/{}", measure::name(goal.op),
                                             loops->name, pages == Pages::huge ? "huge" : "4KiB");
        auto* registered =
            benchmark::RegisterBenchmark(name.c_str(), run, goal, loops, pages, judged, outcome);
        registered->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool variants = false;
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i) {
    if (std::strcmp(argv[i], "--variants") == 0) {
      variants = true;
    } else {
      rest.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 64;
  Outcome outcome;
  register_all(variants, &outcome);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();

  fmt::print(
      "\nTraffic: read N, write N, copy 2N, triad 3N bytes. Ratios are medians of {} pairs "
      "taken in turn.\n",
      rounds);
  for (const std::string& line : outcome.lines) fmt::print("{}\n", line);
  return outcome.failed ? 1 : 0;
}
