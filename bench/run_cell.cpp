// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "bench/harness.hpp"
#include "measure/statistics.hpp"
#include "measure/work.hpp"

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

/// How it ended, of any kind of work.
void add_ending(result::Cell& cell, measure::Measurement& measured) {
  cell.status = status_of(measured.outcome);
  cell.reason = std::move(measured.reason);
  cell.error = std::move(measured.error);
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
double figure(const Spec& spec, const measure::Plan& plan, double rate, std::size_t transfers) {
  if (spec.cell.unit != "us") return rate * spec.bytes_weight;
  const measure::Transfer& each = plan.transfers.front();
  const double bytes = static_cast<double>(each.bytes) * static_cast<double>(transfers);
  return bytes / (rate * 1e3) / static_cast<double>(each.steps) * spec.rounds;
}

measure::SamplingPolicy asked(measure::SamplingPolicy policy, const result::Settings& settings) {
  policy.precision = settings.precision;
  policy.budget =
      std::chrono::nanoseconds(static_cast<std::int64_t>(settings.budget_seconds * 1e9));
  return policy;
}

/// CPU threads alone are sampled as any loop is. Where GPUs work, their clocks count; and what
/// takes microseconds has as many samples in a fraction of the time.
measure::SamplingPolicy policy_for(const Spec& spec, const CellContext& context) {
  if (spec.on_cpu()) return asked({}, context.options.settings);
  measure::SamplingPolicy policy = measure::gpu_sampling(context.gpus_were_idle);
  if (spec.cell.unit == "us") policy.min_span /= 4;
  return asked(policy, context.options.settings);
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

/// Tells of samples in the cell's unit; of a collective's time nothing, since its samples are rates
/// until it has ended.
std::function<void(double)> on_sample(const Spec& spec, const HarnessOptions& harness) {
  if (!harness.on_sample || (spec.collective() != nullptr && spec.cell.unit == "us")) return {};
  return [&spec, &harness](double sample) {
    const measure::Plan* const plan = spec.plan();
    harness.on_sample(plan == nullptr ? sample
                                      : figure(spec, *plan, sample, plan->transfers.size()));
  };
}

measure::MeasureOptions options_for(const Spec& spec, const CellContext& context) {
  const HarnessOptions& harness = context.options;
  measure::MeasureOptions options;
  options.sampling = policy_for(spec, context);
  options.limits = harness.limits;
  options.limits.kernels = options.limits.kernels && !spec.without_kernels;
  options.data_seed = context.data_seed;
  options.clocks = clocks_of(spec, harness);
  options.on_sample = on_sample(spec, harness);
  const measure::Plan* const plan = spec.plan();
  if (plan == nullptr) return options;
  if (spec.cell.unit == "GB/s") options.lap = measure::min_sample;
  if (const auto seconds = harness.settings.soak_seconds) soak(*seconds, options);
  if (harness.under_load) options.under_load = [&harness, plan] { harness.under_load(*plan); };
  return options;
}

double median_of(const std::vector<double>& samples) { return measure::summarize(samples).median; }

void add_plan(result::Cell& cell, const Spec& spec, const measure::Plan& plan,
              const measure::Measurement& measured, const result::Settings& settings) {
  if (measured.outcome == measure::Outcome::unsupported && !spec.why_refused.empty()) {
    cell.reason += ": " + spec.why_refused;
  }
  if (settings.soak_seconds && measured.outcome == measure::Outcome::ok) {
    cell.stop = "soak";
    cell.reason = fmt::format("repeated for {:.6g} s, {} samples", *settings.soak_seconds,
                              measured.samples.size());
  }
  for (const double rate : measured.samples) {
    cell.samples.push_back(figure(spec, plan, rate, plan.transfers.size()));
  }
  for (std::size_t i = 0; i < plan.transfers.size(); ++i) {
    const measure::Transfer& transfer = plan.transfers[i];
    result::Flow flow{.src = measure::name(transfer.source),
                      .dst = measure::name(transfer.destination),
                      .issuer = measure::name(transfer.issuer),
                      .median = {}};
    if (cell.status == result::Status::ok) {
      flow.median = figure(spec, plan, median_of(measured.transfer_samples[i]), 1);
    }
    cell.flows.push_back(std::move(flow));
  }
}

/// Of rates both are in the cell: samples are sums, flows say who had how much. Of a latency the
/// load is a note.
void add_background(result::Cell& cell, const measure::Transfer& load,
                    const std::vector<double>& rates) {
  if (cell.status != result::Status::ok) return;
  if (cell.unit != "GB/s") {
    cell.notes.push_back(
        fmt::format("{} read {:.0f} GB/s meanwhile", measure::name(load.issuer), median_of(rates)));
    return;
  }
  cell.flows[0].median = median_of(rates);
  cell.flows[1].median = median_of(cell.samples);
  for (std::size_t i = 0; i < rates.size(); ++i) cell.samples[i] += rates[i];
}

void add_host(result::Cell& cell, const Spec& spec, const measure::Measurement& measured) {
  cell.samples = measured.samples;
  if (spec.host_loop() != nullptr) cell.first_touch = measured.host.first_touch;
  if (!measured.host.size_rule.empty()) cell.notes.push_back(measured.host.size_rule);
  if (spec.background_load() != nullptr) {
    add_background(cell, *spec.background_load(), measured.background_rates);
  }
}

void add_collective(result::Cell& cell, const measure::Measurement& measured) {
  const measure::CollectiveDetails& details = measured.collective;
  const bool time = cell.unit == "us";
  cell.samples = time ? details.seconds : measured.samples;
  if (time) {
    for (double& sample : cell.samples) sample *= 1e6;
  }
  cell.transport = details.use.transport;
  if (cell.status == result::Status::ok && !time) {
    const double seconds = median_of(details.seconds);
    cell.time_us = seconds * 1e6;
    cell.algbw = static_cast<double>(*cell.bytes) / seconds * 1e-9;
  }
}

/// What NCCL says of itself comes before what is said of how it was used.
void add_notes(result::Cell& cell, measure::Measurement& measured) {
  const measure::CollectiveDetails& details = measured.collective;
  if (!details.version.empty()) {
    const std::string said = measure::describe(details.use);
    cell.notes.push_back("NCCL " + details.version + (said.empty() ? "" : "; " + said));
  }
  std::ranges::move(measured.notes, std::back_inserter(cell.notes));
}

result::Cell unsupported(const Spec& spec, const std::string& why) {
  result::Cell cell = spec.cell;
  cell.status = result::Status::unsupported;
  cell.reason = why;
  return cell;
}

}  // namespace

CellRun run_cell(const Spec& spec, const CellContext& context) {
  const HarnessOptions& harness = context.options;
  if (!spec.why_not.empty()) return {unsupported(spec, spec.why_not)};
  if (spec.host_loop() != nullptr && !spec.why_refused.empty()) {
    return {unsupported(spec, spec.why_refused)};
  }
  const measure::Plan* const plan = spec.plan();
  if (plan != nullptr && harness.before_plan) harness.before_plan(*plan);
  measure::Measurement measured =
      measure::measure(spec.work, options_for(spec, context), context.nccl);

  result::Cell cell = spec.cell;
  add_ending(cell, measured);
  if (is_checked(measured.outcome)) cell.verified = measured.verified;
  if (plan != nullptr) add_plan(cell, spec, *plan, measured, harness.settings);
  add_notes(cell, measured);
  if (spec.host_loop() != nullptr || spec.host_chase() != nullptr) add_host(cell, spec, measured);
  if (spec.collective() != nullptr) add_collective(cell, measured);
  add_statistics(cell);
  if (plan != nullptr && harness.after_plan && is_checked(measured.outcome)) {
    harness.after_plan(*plan, measured, cell);
  }
  return {std::move(cell), measured.still_running};
}

}  // namespace peerbench::bench
