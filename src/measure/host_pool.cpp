// SPDX-License-Identifier: Apache-2.0
#include "measure/host_pool.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <thread>

#include "base/clock.hpp"
#include "base/list_some.hpp"
#include "base/simulation.hpp"
#include "measure/host_placement.hpp"
#include "measure/host_size.hpp"
#include "measure/thread_team.hpp"

namespace peerbench::measure {
namespace {

// Moving is real on a simulated machine, so it is kept short: the model, not the size, makes time.
constexpr Bytes simulated_total = 16 * MiB;
constexpr int simulated_team = 4;

/// Everything one measurement owns while it runs.
struct Bench {
  const HostPoolRequest& request;
  const SamplingPolicy& sampling;
  const std::function<void(double)>& on_sample;
  const Around& around;
  const kernels::HostLoops& loops;
  Measurement& result;
  std::optional<HostPlacement> placement;  // none on a simulated machine
  std::optional<ThreadTeam> team;
  std::vector<HostArray> arrays;
  std::vector<HostSlice> slices;
  std::vector<std::uint64_t> sums;  // of all words that each thread ever read
  std::uint64_t passes_done = 0;
};

Expected<HostSize> size_of_arrays(int arrays, Bytes asked, const machine::Pool& pool) {
  if (!simulated()) {
    return choose_host_size({.arrays = arrays,
                             .asked = asked,
                             .cache_bytes = pool.largest_cache_bytes,
                             .available_bytes = pool.available_bytes,
                             .total_bytes = pool.total_bytes});
  }
  const Bytes most = simulated_total / static_cast<Bytes>(arrays) / 8 * 8;
  const Bytes bytes = asked != 0 ? std::min(asked / 8 * 8, most) : most;
  return HostSize{bytes, fmt::format("{} of {}: small, because the time is the simulator's",
                                     with_count(arrays, "array"), format_bytes(bytes))};
}

Expected<void> choose_size(Bench& bench) {
  Measurement& result = bench.result;
  const auto size =
      size_of_arrays(result.host.arrays, bench.request.bytes_per_array, bench.request.pool);
  if (!size) return tl::unexpected(size.error());
  result.host.bytes_per_array = size->bytes_per_array;
  result.host.size_rule = size->rule;
  return {};
}

Expected<HostPlacement> place(const HostPoolRequest& request) {
  return request.cpus.empty() ? HostPlacement::of_node(request.pool.numa_node)
                              : HostPlacement::of_cpus(request.cpus, request.pool.numa_node);
}

Expected<void> start_team(Bench& bench) {
  Measurement& result = bench.result;
  const HostPoolRequest& request = bench.request;
  int team = 0;
  if (simulated()) {
    result.host.threads = request.threads != 0 ? request.threads : std::max(request.pool.cores, 1);
    team = std::min(result.host.threads, simulated_team);
    result.notes.push_back("threads and memory are placed by the simulated machine");
  } else {
    auto placement = place(request);
    if (!placement) return tl::unexpected(placement.error());
    bench.placement.emplace(std::move(*placement));
    const int cores = bench.placement->cores();
    result.host.threads = request.threads != 0 ? request.threads : cores;
    team = result.host.threads;
    if (team > cores) {
      return fail(ErrorKind::unsupported,
                  fmt::format("{} threads asked for, but this pool has {} beside it that "
                              "this process may use",
                              team, with_count(cores, "core")));
    }
  }
  if (team < 1) return fail(ErrorKind::usage, fmt::format("{} threads cannot measure", team));

  std::vector<std::string> refusals(static_cast<std::size_t>(team));
  auto started = ThreadTeam::start(team, [&](int thread) {
    if (bench.placement) refusals[static_cast<std::size_t>(thread)] = bench.placement->pin(thread);
  });
  if (!started) return tl::unexpected(started.error());
  bench.team.emplace(std::move(*started));
  bench.sums.assign(static_cast<std::size_t>(team), 0);
  if (simulated()) return {};

  std::erase(refusals, "");
  result.notes.push_back(
      refusals.empty()
          ? fmt::format("{}, each pinned to a core of its own{}", with_count(team, "thread"),
                        request.cpus.empty() ? "" : ", processors " + request.cpus)
          : fmt::format("{} of {} threads could not be pinned ({})", refusals.size(), team,
                        refusals.front()));
  return {};
}

Expected<void> prepare_arrays(Bench& bench) {
  Measurement& result = bench.result;
  const std::optional<MemoryKind> driver_memory = bench.request.driver_memory;
  std::string unbound;
  for (int i = 0; i < result.host.arrays; ++i) {
    auto array = driver_memory ? HostArray::allocate(result.host.bytes_per_array, *driver_memory,
                                                     bench.request.gpu)
                               : HostArray::map(result.host.bytes_per_array, bench.request.pages);
    if (!array) return tl::unexpected(array.error());
    const bool bound = bench.request.pool.numa_node >= 0;
    if (bench.placement && !driver_memory && bound)
      unbound = bench.placement->bind(array->mapping(), array->mapped_bytes());
    bench.arrays.push_back(std::move(*array));
  }
  // Whole huge pages for each thread where the slices are large enough not to differ by it.
  const std::size_t words = bench.arrays.front().size();
  const std::size_t share = words / static_cast<std::size_t>(bench.team->size());
  const std::size_t huge_words = 2 * MiB / 8;
  const std::size_t granule = share >= 8 * huge_words ? huge_words : 8;
  bench.slices = cut_slices(words, bench.team->size(), granule);
  bench.team->run([&](int thread) {
    fill_slice(bench.request.op, bench.arrays, bench.slices[static_cast<std::size_t>(thread)]);
  });
  // The driver touches pinned memory itself, managed memory is left to who comes first.
  result.host.first_touch = driver_memory == MemoryKind::pinned ? "driver" : "same thread";
  if (driver_memory) {
    result.notes.push_back("memory and its pages are the driver's choice");
    return {};
  }
  if (simulated()) return {};

  result.notes.push_back(
      bench.request.pool.numa_node < 0
          ? "memory placed by first touch, each thread's on its own NUMA node"
      : unbound.empty() ? fmt::format("memory bound to NUMA node {}", bench.request.pool.numa_node)
                        : fmt::format("memory placed by first touch ({})", unbound));
  Bytes huge = 0;
  for (const HostArray& array : bench.arrays) huge += array.huge_bytes();
  const double all = static_cast<double>(result.host.bytes_per_array) * result.host.arrays;
  result.notes.push_back(fmt::format("{:.0f} % of the arrays in huge pages{}",
                                     100 * static_cast<double>(huge) / all,
                                     bench.request.pages == Pages::huge ? "" : " (not asked for)"));
  return {};
}

// A different value in every pass, so that the last pass is the one that is verified.
std::uint64_t write_value(std::uint64_t pass) { return kernels::pattern_word(pass, 21); }

void pass_over(Bench& bench, int thread, std::uint64_t pass) {
  const auto index = static_cast<std::size_t>(thread);
  const HostSlice slice = bench.slices[index];
  const std::vector<HostArray>& arrays = bench.arrays;
  switch (bench.request.op) {
    case HostOp::read:
      bench.sums[index] += bench.loops.read(arrays[0].words() + slice.first, slice.size());
      return;
    case HostOp::write:
      return bench.loops.write(arrays[0].words() + slice.first, write_value(pass), slice.size());
    case HostOp::copy:
      return bench.loops.copy(arrays[0].words() + slice.first, arrays[1].words() + slice.first,
                              slice.size());
    case HostOp::triad:
      return bench.loops.triad(arrays[0].reals() + slice.first, arrays[1].reals() + slice.first,
                               arrays[2].reals() + slice.first, triad_factor, slice.size());
  }
}

/// Runs `passes` passes on all threads. Returns the seconds of the common window.
Expected<double> timed_passes(Bench& bench, int passes) {
  const HostOp op = bench.request.op;
  // Equal passes need not all be done where only the model's time counts.
  const int done = simulated() ? 1 : passes;
  const std::uint64_t before = bench.passes_done;
  bench.passes_done += static_cast<std::uint64_t>(done);
  const auto start = HostClock::now();
  const auto window = bench.team->run([&](int thread) {
    for (int i = 0; i < done; ++i) pass_over(bench, thread, before + static_cast<unsigned>(i));
  });
  if (peerbench_sim_host_traffic == nullptr) return std::chrono::duration<double>(window).count();

  const Bytes bytes = bench.result.host.bytes_per_array * static_cast<Bytes>(passes);
  if (peerbench_sim_host_traffic(name(op), bytes_read(op, bytes), bytes_written(op, bytes),
                                 bench.request.cpus.c_str(), bench.request.pool.numa_node) != 0) {
    return fail(
        ErrorKind::unsupported,
        bench.request.cpus.empty()
            ? "the machine file gives no rate for this pool"
            : fmt::format("the machine file gives no rate for processors {} on NUMA node {}",
                          bench.request.cpus, bench.request.pool.numa_node));
  }
  return std::chrono::duration<double>(HostClock::now() - start).count();
}

Expected<void> sample(Bench& bench) {
  Measurement& result = bench.result;
  const auto first = timed_passes(bench, 1);
  if (!first) return tl::unexpected(first.error());
  const double shortest = bench.around ? min_shared_sample_seconds : min_host_sample_seconds;
  constexpr double most_passes = 1000;  // of arrays so small that a person must have asked for them
  result.host.passes_per_sample =
      static_cast<int>(*first > 0 ? std::clamp(std::ceil(shortest / *first), 1.0, most_passes) : 1);

  const HostOp op = bench.request.op;
  const double bytes = static_cast<double>(bytes_read(op, result.host.bytes_per_array) +
                                           bytes_written(op, result.host.bytes_per_array)) *
                       result.host.passes_per_sample;
  Sampling sampling = sample_until(
      [&]() -> Expected<double> {
        const auto pass = [&] { return timed_passes(bench, result.host.passes_per_sample); };
        const auto seconds = bench.around ? bench.around(pass) : pass();
        if (!seconds) return tl::unexpected(seconds.error());
        if (*seconds <= 0) return fail(ErrorKind::device, "the clock did not move over a sample");
        return gigabytes_per_second(bytes, *seconds);
      },
      bench.sampling, {.on_sample = bench.on_sample});
  const std::optional<Error> error = std::move(sampling.error);
  add_sampling(result, std::move(sampling));
  if (error) return tl::unexpected(*error);
  return {};
}

std::string describe_wrong_words(HostOp op, const std::vector<kernels::PatternReport>& reports,
                                 std::size_t words) {
  kernels::PatternReport total;
  for (const kernels::PatternReport& report : reports) {
    total.wrong_words += report.wrong_words;
    total.first_wrong = std::min(total.first_wrong, report.first_wrong);
  }
  if (total.wrong_words == 0) return {};
  return fmt::format("{} of {} words of the array that was {} are wrong, the first at byte {}",
                     total.wrong_words, words, op == HostOp::read ? "read" : "written",
                     total.first_wrong * 8);
}

/// What is wrong with the data, checked by the threads that moved them; empty when nothing is.
std::string find_corruption(Bench& bench) {
  const HostOp op = bench.request.op;
  std::vector<kernels::PatternReport> reports(bench.slices.size());
  std::vector<char> sum_wrong(bench.slices.size(), 0);
  const std::uint64_t written = write_value(bench.passes_done - 1);
  bench.team->run([&](int thread) {
    const auto index = static_cast<std::size_t>(thread);
    reports[index] = check_slice(op, bench.arrays, bench.slices[index], written);
    if (op != HostOp::read) return;
    sum_wrong[index] =
        bench.sums[index] != expected_sum(bench.slices[index]) * bench.passes_done ? 1 : 0;
  });
  std::string wrong = describe_wrong_words(op, reports, bench.arrays.front().size());
  const auto sums = std::count(sum_wrong.begin(), sum_wrong.end(), 1);
  if (wrong.empty() && sums > 0) {
    wrong = fmt::format("the sums of {} of {} threads differ from that of the words they read",
                        sums, sum_wrong.size());
  }
  return wrong;
}

Expected<void> measure(Bench& bench) {
  for (const auto step : {choose_size, start_team, prepare_arrays, sample}) {
    const auto done = step(bench);
    if (!done) return done;
  }
  return {};
}

}  // namespace

HostShape host_shape(HostOp op, const machine::Pool& pool) {
  const auto size = size_of_arrays(array_count(op), 0, pool);
  return {.threads = std::max(pool.cores, 1),
          .bytes_per_array = size ? size->bytes_per_array : 4 * pool.largest_cache_bytes};
}

std::string with_advice(const std::string& wrong) {
  return wrong.empty() ? "" : wrong + "; test the memory of this machine before trusting it";
}

Measurement measure_host_pool(const HostPoolRequest& request, const MeasureOptions& options,
                              const Around& around) {
  Measurement result;
  const kernels::HostLoops& loops =
      request.loops != nullptr ? *request.loops : kernels::widest_host_loops();
  result.host.arrays = array_count(request.op);
  result.host.counting_rule = counting_rule(request.op);
  result.host.loops = loops.name;
  if (!simulated()) {
    result.notes.push_back(fmt::format("{} loops, {}-byte vectors, {} stores", loops.name,
                                       loops.vector_bytes,
                                       loops.streaming ? "streaming" : "ordinary"));
  }
  Bench bench{.request = request,
              .sampling = options.sampling,
              .on_sample = options.on_sample,
              .around = around,
              .loops = loops,
              .result = result,
              .placement = {},
              .team = {},
              .arrays = {},
              .slices = {},
              .sums = {}};
  const auto measured = measure(bench);
  if (!measured) return failed(std::move(result), measured.error());
  if (request.before_verification) request.before_verification(bench.arrays);
  conclude(result, with_advice(find_corruption(bench)));
  return result;
}

}  // namespace peerbench::measure
