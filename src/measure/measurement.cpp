// SPDX-License-Identifier: Apache-2.0
#include "measure/measurement.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/interrupt.hpp"
#include "measure/peer_access.hpp"

namespace peerbench::measure {

namespace {

Outcome outcome_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::hang:
      return Outcome::hang;
    case ErrorKind::unsupported:
      return Outcome::unsupported;
    default:
      return Outcome::error;
  }
}

// Whatever the runner left behind after a hang must not be waited for.
Measurement failed(Measurement measurement, const Error& error, const Runner& runner,
                   std::optional<PeerAccess>& access) {
  measurement.still_running = runner.abandoned();
  if (runner.abandoned() && access) access->abandon();
  return failed(std::move(measurement), error);
}

// Bytes of all transfers of one repetition.
double bytes_of(const Plan& plan) {
  double bytes = 0;
  for (const Transfer& transfer : plan.transfers) bytes += static_cast<double>(transfer.bytes);
  return bytes;
}

double seconds_of_one(const Sample& sample) { return sample.window_seconds / sample.copies; }

/// Whether clocks stand where they stood, but for the steps in which they are set (15 MHz of some
/// 2000).
bool same_clocks(const std::vector<int>& before, const std::vector<int>& now) {
  return std::ranges::equal(before, now,
                            [](int a, int b) { return std::abs(a - b) <= 0.03 * std::max(a, b); });
}

// Rates of one sample, recorded for every transfer; gives the common window's rate.
double record(const Sample& sample, const Plan& plan, Measurement& measurement) {
  measurement.copies_per_sample = sample.copies;
  for (std::size_t i = 0; i < plan.transfers.size(); ++i) {
    const double bytes = static_cast<double>(plan.transfers[i].bytes) * sample.copies;
    measurement.transfer_samples[i].push_back(
        gigabytes_per_second(bytes, sample.transfer_seconds[i]));
  }
  return gigabytes_per_second(bytes_of(plan) * sample.copies, sample.window_seconds);
}

void add(Sample& sum, const Sample& more) {
  sum.copies += more.copies;
  sum.window_seconds += more.window_seconds;
  for (std::size_t i = 0; i < sum.transfer_seconds.size(); ++i) {
    sum.transfer_seconds[i] += more.transfer_seconds[i];
  }
}

// Rounds for as long as `lap`, at least one, as if they were one sample.
Expected<Sample> sample_for(Runner& runner, int copies, std::chrono::nanoseconds lap) {
  const auto start = HostClock::now();
  auto sum = runner.sample(copies);
  while (sum && !interrupted() && HostClock::now() - start < lap) {
    const auto more = runner.sample(copies);
    if (!more) return more;
    add(*sum, *more);
  }
  return sum;
}

}  // namespace

Measurement failed(Measurement so_far, const Error& error) {
  so_far.outcome = outcome_of(error);
  so_far.reason = error.message;
  so_far.error = error.code;
  return so_far;
}

void add_sampling(Measurement& measurement, Sampling sampling) {
  measurement.samples = std::move(sampling.samples);
  measurement.stop = name(sampling.stop);
  measurement.reason = std::move(sampling.reason);
  measurement.settled = sampling.settled;
}

void conclude(Measurement& measurement, const std::string& wrong) {
  measurement.verified = wrong.empty();
  measurement.outcome = measurement.verified ? Outcome::ok : Outcome::corrupt;
  if (!measurement.verified) measurement.reason = wrong;
}

SamplingPolicy gpu_sampling(bool idle) {
  using namespace std::chrono_literals;
  SamplingPolicy policy;
  policy.min_span = 200ms;
  policy.min_warm_up = idle ? 200ms : 10ms;
  policy.warm_up_agreement = 0.01;
  policy.max_warm_up = 1000;
  return policy;
}

SamplingHooks watch_clocks(const MeasureOptions& options, std::function<void()> on_warm) {
  if (!options.clocks) return {.on_sample = options.on_sample, .on_warm = std::move(on_warm)};
  const auto warm = std::make_shared<std::vector<int>>();
  return {.on_sample = options.on_sample,
          .on_warm =
              [warm, on_warm = std::move(on_warm), clocks = options.clocks] {
                if (on_warm) on_warm();
                *warm = clocks();
              },
          .unchanged =
              [warm, clocks = options.clocks] {
                const auto before = std::exchange(*warm, clocks());
                return same_clocks(before, *warm);
              }};
}

Measurement measure_plan(const Plan& plan, const MeasureOptions& options) {
  Measurement measurement;
  measurement.transfer_samples.resize(plan.transfers.size());

  std::optional<PeerAccess> access;
  if (plan.peer_access) {
    auto enabled = PeerAccess::enable(plan);
    if (!enabled) return failed(std::move(measurement), enabled.error());
    access.emplace(std::move(*enabled));
  } else if (auto disabled = PeerAccess::disable(plan); !disabled) {
    return failed(std::move(measurement), disabled.error());
  }
  auto runner = Runner::create(plan, options.limits);
  if (!runner) return failed(std::move(measurement), runner.error());

  // A first round with other data loads what is loaded at its first use, and leaves behind data
  // that the timed round must overwrite: what is stale afterwards is as wrong as what never
  // arrived. A second says how many copies a sample needs, as long as nothing is awake yet.
  const std::uint64_t first_seed = options.data_seed * 2;
  const std::uint64_t timed_seed = first_seed + 1;
  const auto prepare = [&]() -> Expected<Sample> {
    if (auto ok = runner->poison_destinations(); !ok) return tl::unexpected(ok.error());
    if (auto ok = runner->fill_sources(first_seed); !ok) return tl::unexpected(ok.error());
    if (auto ok = runner->wake(); !ok) return tl::unexpected(ok.error());
    if (auto ok = runner->fill_sources(timed_seed); !ok) return tl::unexpected(ok.error());
    return runner->sample(1);
  };
  const auto first = prepare();
  if (!first) return failed(std::move(measurement), first.error(), *runner, access);

  double one = seconds_of_one(*first);
  int copies = runner->copies_for(min_sample_seconds, one);
  bool warm = false;
  Sampling sampling = sample_until(
      [&]() -> Expected<double> {
        // As the clocks rise, samples of so many copies get shorter.
        if (!warm) copies = std::max(copies, runner->copies_for(min_sample_seconds, one));
        const auto sample = sample_for(*runner, copies, options.lap);
        if (!sample) return tl::unexpected(sample.error());
        one = seconds_of_one(*sample);
        return record(*sample, plan, measurement);
      },
      options.sampling, watch_clocks(options, [&] {
        copies = runner->copies_for(min_sample_seconds, one);
        warm = true;
      }));
  measurement.notes = runner->notes();
  measurement.gate_failures = runner->gate_failures();
  const std::optional<Error> error = std::move(sampling.error);
  add_sampling(measurement, std::move(sampling));
  for (auto& rates : measurement.transfer_samples) {  // the warm-up's come first
    rates.erase(rates.begin(),
                rates.end() - static_cast<std::ptrdiff_t>(measurement.samples.size()));
  }
  if (error) return failed(std::move(measurement), *error, *runner, access);

  if (options.under_load) {
    const auto untimed = runner->sample(copies, options.under_load);
    if (!untimed) return failed(std::move(measurement), untimed.error(), *runner, access);
  }
  measurement.copies = runner->copies();
  const auto corruption = runner->find_corruption(timed_seed);
  if (!corruption) return failed(std::move(measurement), corruption.error(), *runner, access);
  conclude(measurement, *corruption);
  return measurement;
}

}  // namespace peerbench::measure
