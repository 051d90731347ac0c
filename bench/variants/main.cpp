// SPDX-License-Identifier: Apache-2.0
// Which number of loads in flight and of blocks suits a GPU's memory best: read, copy and triad by
// the product's kernels and by variants of them. A developer's tool, for a GPU that is idle.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "base/checked.hpp"
#include "measure/await.hpp"
#include "measure/content.hpp"
#include "measure/statistics.hpp"
#include "variants.hpp"

namespace {

using namespace peerbench;
using kernels::Content;
using kernels::Move;
using measure::Buffer;
using variants::Variant;

constexpr int exit_no_gpu = 77;  // "skipped", for whoever runs it among tests
constexpr std::uint64_t seed = 7;
constexpr double sample_seconds = 0.005, warm_up_seconds = 0.2;

struct Settings {
  std::string size = "4GiB", format = "table";
  int gpu = 0, samples = 9;
};

/// A variant and its grid; no loads: the product's own kernel.
struct Launch {
  Variant variant;
  int blocks_each = 0;  ///< on each multiprocessor
  unsigned blocks = 0;
};

/// What one kind of move works on.
struct Bench {
  Move move;
  Buffer to, b, c, sums;
  measure::Stream stream;
  measure::Event begin, end;

  /// After a hang: releasing would wait for what never ends.
  void abandon() {
    for (Buffer* buffer : {&to, &b, &c, &sums}) buffer->abandon();
    stream.abandon();
    begin.abandon();
    end.abandon();
  }
  /// Waits for all that is in the stream, `doing` something.
  Expected<void> finish(const std::string& doing) {
    return measure::await([&] { return cudaStreamQuery(stream.get()); },
                          {.what = doing, .abandon = [&] { abandon(); }});
  }
  Bytes traffic() const { return to.bytes() + b.bytes() + c.bytes(); }
  variants::Arrays arrays() const {
    return {to.data(), b.data(), c.data(), static_cast<std::uint64_t*>(sums.data()), b.bytes()};
  }
};

Expected<Bench> prepare(Move move, Bytes total, int gpu_index, unsigned most_blocks) {
  auto stream = measure::Stream::create(gpu_index);
  if (!stream) return tl::unexpected(stream.error());
  auto begin = measure::Event::create(gpu_index), end = measure::Event::create(gpu_index);
  if (!begin) return tl::unexpected(begin.error());
  if (!end) return tl::unexpected(end.error());
  Bench bench{move, {}, {}, {}, {}, std::move(*stream), std::move(*begin), std::move(*end)};
  const auto allocate = [&](Buffer& buffer, Bytes bytes) -> Expected<void> {
    auto made = Buffer::allocate(measure::gpu(gpu_index), bytes);
    if (!made) return tl::unexpected(made.error());
    buffer = std::move(*made);
    return {};
  };
  const Bytes arrays = move == Move::read ? 1 : move == Move::copy ? 2 : 3;
  const Bytes each = std::max<Bytes>(total / arrays / MiB, 1) * MiB;
  const bool triad = move == Move::triad;
  PEERBENCH_TRY(allocate(bench.sums, most_blocks * sizeof(std::uint64_t)));
  PEERBENCH_TRY(allocate(bench.b, each));
  PEERBENCH_TRY(measure::fill(bench.b, seed, triad ? Content::real_b : Content::pattern));
  if (move != Move::read) PEERBENCH_TRY(allocate(bench.to, each));
  if (!triad) return bench;
  PEERBENCH_TRY(allocate(bench.c, each));
  PEERBENCH_TRY(measure::fill(bench.c, seed, Content::real_c));
  return bench;
}

/// The product's launch, then the variants whose blocks are all resident at once.
Expected<std::vector<Launch>> launches(Move move, unsigned multiprocessors) {
  Launch own{{move, 0}, 0, 0};
  PEERBENCH_TRY(PEERBENCH_CUDA(kernels::saturating_blocks(move, own.blocks)));
  own.blocks_each = static_cast<int>(own.blocks / multiprocessors);
  std::vector<Launch> all{own};
  for (const int loads : {2, 4, 8}) {
    int fit = 0;
    PEERBENCH_TRY(PEERBENCH_CUDA(variants::resident_blocks({move, loads}, fit)));
    for (const int each : {4, 6, 8}) {
      if (each > fit) continue;
      all.push_back({{move, loads}, each, static_cast<unsigned>(each) * multiprocessors});
    }
  }
  return all;
}

cudaError_t queue(const Bench& bench, const Launch& launch) {
  const variants::Arrays a = bench.arrays();
  const auto stream = bench.stream.get();
  if (launch.variant.loads != 0) return variants::launch(launch.variant, a, launch.blocks, stream);
  if (bench.move == Move::read) {
    return kernels::launch_read(a.b, a.bytes, a.sums, launch.blocks, stream);
  }
  if (bench.move == Move::copy) {
    return kernels::launch_copy(a.to, a.b, a.bytes, launch.blocks, stream);
  }
  return kernels::launch_triad(static_cast<double*>(a.to), static_cast<const double*>(a.b),
                               static_cast<const double*>(a.c), a.bytes / 8, launch.blocks, stream);
}

/// Seconds of `times` launches back to back, by the GPU's events.
Expected<double> seconds(Bench& bench, const Launch& launch, int times) {
  const auto stream = bench.stream.get();
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(bench.begin.get(), stream)));
  for (int i = 0; i < times; ++i) PEERBENCH_TRY(PEERBENCH_CUDA(queue(bench, launch)));
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(bench.end.get(), stream)));
  PEERBENCH_TRY(bench.finish(fmt::format("{} launches of {}", times, name(bench.move))));
  return measure::seconds_between(bench.begin, bench.end);
}

/// Whether one launch over fresh arrays does what it must.
Expected<bool> works(Bench& bench, const Launch& launch) {
  const bool read = bench.move == Move::read;
  std::vector<std::uint64_t> sums(bench.sums.bytes() / sizeof(std::uint64_t));
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaMemsetAsync(bench.sums.data(), 0, bench.sums.bytes(), bench.stream.get())));
  if (!read) PEERBENCH_TRY(measure::fill(bench.to, measure::poison_seed));
  if (const auto ran = seconds(bench, launch, 1); !ran) return tl::unexpected(ran.error());
  if (!read) {
    const auto report = measure::check(
        bench.to, seed, bench.move == Move::triad ? Content::triad : Content::pattern);
    if (!report) return tl::unexpected(report.error());
    return report->wrong_words == 0;
  }
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaMemcpyAsync(sums.data(), bench.sums.data(), bench.sums.bytes(),
                                               cudaMemcpyDeviceToHost, bench.stream.get())));
  PEERBENCH_TRY(bench.finish("the copy of the sums"));
  const auto expected = measure::pattern_sum(bench.stream.device(), bench.b.bytes(), seed);
  if (!expected) return tl::unexpected(expected.error());
  return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}) == *expected;
}

/// Median rate of samples that last at least sample_seconds each, in GB/s of traffic.
Expected<double> rate(Bench& bench, const Launch& launch, int samples) {
  const auto right = works(bench, launch);
  if (!right) return tl::unexpected(right.error());
  if (!*right) {
    return fail(ErrorKind::device,
                fmt::format("{} with {} loads in flight and {} blocks gave a wrong result",
                            name(bench.move), launch.variant.loads, launch.blocks));
  }
  const auto once = seconds(bench, launch, 1);
  if (!once) return tl::unexpected(once.error());
  const auto times_in = [&](double span) { return static_cast<int>(std::ceil(span / *once)); };
  const auto warm_up = seconds(bench, launch, times_in(warm_up_seconds));
  if (!warm_up) return tl::unexpected(warm_up.error());
  // What a launch takes once the clocks are up: a cold one would make the samples too short.
  const double each = *warm_up / times_in(warm_up_seconds);
  const int times = static_cast<int>(std::ceil(sample_seconds / each));
  std::vector<double> rates;
  for (int i = 0; i < samples; ++i) {
    const auto taken = seconds(bench, launch, times);
    if (!taken) return tl::unexpected(taken.error());
    rates.push_back(gigabytes_per_second(static_cast<double>(bench.traffic()) * times, *taken));
  }
  return measure::summarize(rates).median;
}

/// Rows of {"move", "kernel", "loads", "blocks_per_sm", "blocks", "gb_per_s"}.
Expected<nlohmann::json> measure_all(const Settings& settings, Bytes total,
                                     unsigned multiprocessors) {
  auto rows = nlohmann::json::array();
  for (const Move move : {Move::read, Move::copy, Move::triad}) {
    const auto all = launches(move, multiprocessors);
    if (!all) return tl::unexpected(all.error());
    const unsigned most = std::ranges::max(*all, {}, &Launch::blocks).blocks;
    auto bench = prepare(move, total, settings.gpu, most);
    if (!bench) return tl::unexpected(bench.error());
    for (const Launch& launch : *all) {
      const auto measured = rate(*bench, launch, settings.samples);
      if (!measured) return tl::unexpected(measured.error());
      const bool own = launch.variant.loads == 0;
      rows.push_back({{"move", name(move)},
                      {"kernel", own ? "product" : "variant"},
                      {"loads", own ? static_cast<int>(kernels::in_flight) : launch.variant.loads},
                      {"blocks_per_sm", launch.blocks_each},
                      {"blocks", launch.blocks},
                      {"gb_per_s", *measured}});
    }
  }
  return rows;
}

Expected<std::string> report(const Settings& settings) {
  const auto total = parse_bytes(settings.size);
  if (!total) return tl::unexpected(total.error());
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaSetDevice(settings.gpu)));
  cudaDeviceProp gpu{};
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaGetDeviceProperties(&gpu, settings.gpu)));
  const auto rows = measure_all(settings, *total, static_cast<unsigned>(gpu.multiProcessorCount));
  if (!rows) return tl::unexpected(rows.error());
  if (settings.format == "json") {
    return nlohmann::json{{"gpu", gpu.name}, {"bytes", *total}, {"rows", *rows}}.dump(2) + "\n";
  }
  std::string text =
      fmt::format("{}, arrays of {} in all, GB/s read and written\n{:<8}{:<9}{:>6}{:>11}{:>10}\n",
                  gpu.name, format_bytes(*total), "move", "kernel", "loads", "blocks/SM", "GB/s");
  for (const auto& row : *rows) {
    text += fmt::format("{:<8}{:<9}{:>6}{:>11}{:>10.1f}\n", row["move"].get<std::string>(),
                        row["kernel"].get<std::string>(), row["loads"].get<int>(),
                        row["blocks_per_sm"].get<int>(), row["gb_per_s"].get<double>());
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("MemoryKind kernels with other loads in flight and blocks than the product's");
  app.add_option("--size", settings.size, "Bytes of all arrays together")->capture_default_str();
  app.add_option("--gpu", settings.gpu, "Index of the GPU")->capture_default_str();
  app.add_option("--samples", settings.samples, "Samples of each, of 5 ms or more")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--format", settings.format)->check(CLI::IsMember({"table", "json"}));
  CLI11_PARSE(app, argc, argv);

  int gpus = 0;
  if (const cudaError_t code = cudaGetDeviceCount(&gpus); code != cudaSuccess || gpus == 0) {
    fmt::print(stderr, "peerbench-kernel-variants needs a GPU, and CUDA offers none here: {}\n",
               code == cudaSuccess ? "the driver lists no devices" : cudaGetErrorString(code));
    return exit_no_gpu;
  }
  const auto text = report(settings);
  if (!text) {
    fmt::print(stderr, "peerbench-kernel-variants: {}\n", text.error().message);
    return 1;
  }
  fmt::print("{}", *text);
  return 0;
}
