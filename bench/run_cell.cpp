// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "bench/harness.hpp"
#include "measure/gpu_load.hpp"
#include "measure/host_chase.hpp"
#include "measure/host_pool.hpp"
#include "measure/measurement.hpp"
#include "measure/statistics.hpp"

namespace peerbench::bench {

namespace {

result::Status status_of(measure::Outcome outcome) {
  switch (outcome) {
    case measure::Outcome::ok:
      return result::Status::ok;
    case measure::Outcome::corrupt:
      return result::Status::corrupt;
    case measure::Outcome::hang:
      return result::Status::hang;
    case measure::Outcome::unsupported:
      return result::Status::unsupported;
    case measure::Outcome::error:
      break;
  }
  return result::Status::error;
}

result::Status status_of(const Error& error) {
  if (error.kind == ErrorKind::hang) return result::Status::hang;
  return error.kind == ErrorKind::unsupported ? result::Status::unsupported : result::Status::error;
}

/// How sampling ended, of any kind of measurement.
void add_ending(result::Cell& cell, auto& measured) {
  cell.status = status_of(measured.outcome);
  cell.reason = std::move(measured.reason);
  cell.stop = std::move(measured.stop);
  if (cell.status == result::Status::ok && !measured.settled) cell.settled = false;
}

bool is_checked(measure::Outcome outcome) {
  return outcome == measure::Outcome::ok || outcome == measure::Outcome::corrupt;
}

// Only figures whose data were verified; the samples of other cells are kept as evidence, without a
// rate.
void add_statistics(result::Cell& cell) {
  if (cell.status != result::Status::ok) return;
  const measure::Summary summary = measure::summarize(cell.samples);
  cell.median = summary.median;
  cell.min = summary.min;
  cell.max = summary.max;
  cell.p05 = summary.p05;
  cell.p95 = summary.p95;
  cell.cv = summary.cv;
  cell.n = summary.n;
}

// A rate in GB/s of so many transfers of the cell's bytes as the cell's figure: counted as the cell
// counts, or the duration of one copy, or of one step of a kernel, in us.
double figure(const Spec& spec, double rate, std::size_t transfers) {
  if (spec.cell.unit != "us") return rate * spec.bytes_weight;
  const measure::Transfer& each = spec.plan.transfers.front();
  const double bytes = static_cast<double>(each.bytes) * static_cast<double>(transfers);
  return bytes / (rate * 1e3) / static_cast<double>(each.steps) * spec.rounds;
}

measure::SamplingPolicy asked(measure::SamplingPolicy policy, const result::Settings& settings) {
  policy.precision = settings.precision;
  policy.budget =
      std::chrono::nanoseconds(static_cast<std::int64_t>(settings.budget_seconds * 1e9));
  return policy;
}

/// Of what GPUs do, with or without a CPU beside them. What takes microseconds has as many samples
/// in a fraction of the time.
measure::SamplingPolicy gpu_policy(const Spec& spec, const CellContext& context) {
  measure::SamplingPolicy policy = measure::gpu_sampling(context.gpus_were_idle);
  if (spec.cell.unit == "us") policy.min_span /= 4;
  return asked(policy, context.options.settings);
}

/// Of what CPU threads do.
measure::SamplingPolicy cpu_policy(const Spec& spec, const CellContext& context) {
  return spec.beside ? gpu_policy(spec, context) : asked({}, context.options.settings);
}

// The whole time, whatever precision is reached, in a thousand laps at most: so the file of a long
// soak stays small, and a dip as long as a lap still shows in the least of them.
void soak(double seconds, measure::MeasureOptions& options) {
  options.sampling.budget = std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  options.sampling.min_samples = std::numeric_limits<int>::max();
  options.sampling.max_samples = std::numeric_limits<int>::max();
  options.lap = options.sampling.budget / 1000;
}

std::function<std::vector<int>()> clocks_of(const Spec& spec, const HarnessOptions& harness) {
  if (!harness.clocks) return {};
  return [&harness, gpus = spec.gpus()] { return harness.clocks(gpus); };
}

CellRun run_plan(const Spec& spec, const CellContext& context) {
  const HarnessOptions& harness = context.options;
  result::Cell cell = spec.cell;
  measure::MeasureOptions options;
  options.sampling = gpu_policy(spec, context);
  if (cell.unit == "GB/s") options.lap = measure::min_sample;
  options.limits = harness.limits;
  options.data_seed = context.data_seed;
  options.clocks = clocks_of(spec, harness);
  if (const auto seconds = harness.settings.soak_seconds) soak(*seconds, options);
  if (harness.under_load) options.under_load = [&] { harness.under_load(spec.plan); };
  if (harness.before_plan) harness.before_plan(spec.plan);
  measure::Measurement measured = measure::measure_plan(spec.plan, options);

  add_ending(cell, measured);
  if (measured.outcome == measure::Outcome::unsupported && !spec.why_refused.empty()) {
    cell.reason += ": " + spec.why_refused;
  }
  if (harness.settings.soak_seconds && measured.outcome == measure::Outcome::ok) {
    cell.stop = "soak";
    cell.reason = fmt::format("repeated for {:.6g} s, {} samples", *harness.settings.soak_seconds,
                              measured.samples.size());
  }
  for (const double rate : measured.samples)
    cell.samples.push_back(figure(spec, rate, spec.plan.transfers.size()));
  add_statistics(cell);
  if (is_checked(measured.outcome)) cell.verified = measured.verified;
  std::ranges::move(measured.notes, std::back_inserter(cell.notes));
  for (std::size_t i = 0; i < spec.plan.transfers.size(); ++i) {
    const measure::Transfer& transfer = spec.plan.transfers[i];
    result::Flow flow{.src = measure::name(transfer.source),
                      .dst = measure::name(transfer.destination),
                      .issuer = measure::name(transfer.issuer),
                      .median = {}};
    if (cell.status == result::Status::ok) {
      flow.median = figure(spec, measure::summarize(measured.transfer_samples[i]).median, 1);
    }
    cell.flows.push_back(std::move(flow));
  }
  if (harness.after_plan && is_checked(measured.outcome)) {
    harness.after_plan(spec.plan, measured, cell);
  }
  return {std::move(cell), measured.still_running};
}

/// The GPU of a cell that runs beside it, and what it read; null where there is none.
struct Beside {
  std::optional<measure::GpuLoad> load;
  std::optional<Error> error;

  Beside(const Spec& spec, std::uint64_t data_seed) {
    if (!spec.beside) return;
    auto made = measure::GpuLoad::create(*spec.beside, data_seed);
    if (made) {
      load.emplace(std::move(*made));
    } else {
      error = made.error();
    }
  }

  measure::Around around() {
    if (!load) return {};
    return [this](const measure::TakeSample& work) { return load->around(work); };
  }

  /// Rates beside the samples that were kept.
  std::vector<double> rates(std::size_t samples) const {
    const std::vector<double>& all = load->rates();
    return {all.end() - static_cast<std::ptrdiff_t>(std::min(samples, all.size())), all.end()};
  }

  void verify(result::Cell& cell) {
    if (load && load->hung()) cell.status = result::Status::hang;
    if (!load || cell.status != result::Status::ok) return;
    const auto wrong = load->find_corruption();
    if (wrong && wrong->empty()) return;
    cell.status = wrong ? result::Status::corrupt : status_of(wrong.error());
    cell.verified = wrong ? std::optional(false) : std::nullopt;
    cell.reason = wrong ? *wrong : wrong.error().message;
  }
};

result::Cell refused(result::Cell cell, const Error& error) {
  cell.status = status_of(error);
  cell.reason = error.message;
  return cell;
}

/// Both in the cell: samples are sums, flows say who had how much.
void add_beside(result::Cell& cell, const Spec& spec, const Beside& beside) {
  if (!beside.load || cell.status != result::Status::ok) return;
  const std::vector<double> gpu = beside.rates(cell.samples.size());
  const std::string on_gpu = measure::name(spec.beside->issuer);
  const auto median = [](const std::vector<double>& rates) {
    return measure::summarize(rates).median;
  };
  if (cell.unit != "GB/s") {
    cell.notes.push_back(fmt::format("{} read {:.0f} GB/s meanwhile", on_gpu, median(gpu)));
    return;
  }
  cell.flows[0].median = median(gpu);
  cell.flows[1].median = median(cell.samples);
  for (std::size_t i = 0; i < gpu.size(); ++i) cell.samples[i] += gpu[i];
}

result::Cell run_host_loop(const Spec& spec, const CellContext& context) {
  Beside beside(spec, context.data_seed);
  if (beside.error) return refused(spec.cell, *beside.error);
  result::Cell cell = spec.cell;
  if (!spec.why_refused.empty()) {
    cell.status = result::Status::unsupported;
    cell.reason = spec.why_refused;
    return cell;
  }
  measure::HostPoolRequest request;
  request.driver_memory = spec.host->driver_memory;
  request.gpu = spec.host->gpu;
  request.op = spec.host->op;
  request.pool = spec.host->pool;
  request.cpus = spec.host->cpus;
  request.threads = cell.threads.value_or(0);
  request.around = beside.around();
  request.sampling = cpu_policy(spec, context);
  measure::HostPoolMeasurement measured = measure::measure_host_pool(request);

  add_ending(cell, measured);
  cell.samples = std::move(measured.samples);
  cell.first_touch = std::move(measured.first_touch);
  cell.notes = std::move(measured.notes);
  cell.notes.push_back(std::move(measured.size_rule));
  if (is_checked(measured.outcome)) cell.verified = measured.verified;
  beside.verify(cell);
  add_beside(cell, spec, beside);
  add_statistics(cell);
  return cell;
}

result::Cell run_host_chain(const Spec& spec, const CellContext& context) {
  Beside beside(spec, context.data_seed);
  if (beside.error) return refused(spec.cell, *beside.error);
  result::Cell cell = spec.cell;
  measure::HostChaseRequest request;
  request.pool = spec.chain->pool;
  request.cpus = spec.chain->cpus;
  request.driver_memory = spec.chain->driver_memory;
  request.gpu = spec.chain->gpu;
  request.sampling = cpu_policy(spec, context);
  request.around = beside.around();
  measure::HostChaseMeasurement measured = measure::measure_host_chase(request);

  add_ending(cell, measured);
  cell.samples = std::move(measured.samples);
  cell.notes = std::move(measured.notes);
  if (is_checked(measured.outcome)) cell.verified = measured.verified;
  beside.verify(cell);
  add_beside(cell, spec, beside);
  add_statistics(cell);
  return cell;
}

CellRun run_collective(const Spec& spec, const CellContext& context) {
  result::Cell cell = spec.cell;
  measure::MeasureOptions options;
  options.sampling = gpu_policy(spec, context);
  options.limits = context.options.limits;
  options.data_seed = context.data_seed;
  options.clocks = clocks_of(spec, context.options);
  measure::CollectiveMeasurement measured = context.nccl.measure(*spec.collective, options);

  add_ending(cell, measured);
  const bool time = cell.unit == "us";
  cell.samples = std::move(measured.samples);
  if (time) {
    cell.samples = measured.seconds;
    for (double& sample : cell.samples) sample *= 1e6;
  }
  cell.transport = measured.use.transport;
  add_statistics(cell);
  if (cell.status == result::Status::ok && !time) {
    const double seconds = measure::summarize(measured.seconds).median;
    cell.time_us = seconds * 1e6;
    cell.algbw = static_cast<double>(*cell.bytes) / seconds * 1e-9;
  }
  if (!measured.version.empty()) {
    const std::string said = measure::words(measured.use);
    cell.notes.push_back("NCCL " + measured.version + (said.empty() ? "" : "; " + said));
  }
  std::ranges::move(measured.notes, std::back_inserter(cell.notes));
  if (is_checked(measured.outcome)) cell.verified = measured.verified;
  return {std::move(cell), measured.still_running};
}

}  // namespace

CellRun run_cell(const Spec& spec, const CellContext& context) {
  if (!spec.why_not.empty()) {
    result::Cell cell = spec.cell;
    cell.status = result::Status::unsupported;
    cell.reason = spec.why_not;
    return {std::move(cell)};
  }
  if (spec.collective) return run_collective(spec, context);
  if (spec.host || spec.chain) {
    CellRun run{spec.host ? run_host_loop(spec, context) : run_host_chain(spec, context)};
    run.still_running = run.cell.status == result::Status::hang;  // of the GPU beside it
    return run;
  }
  return run_plan(spec, context);
}

}  // namespace peerbench::bench
