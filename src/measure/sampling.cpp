#include "measure/sampling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "measure/statistics.hpp"

namespace peerbench::measure {
namespace {

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

bool agree(const std::vector<double>& values, double agreement) {
  if (values.size() < 2) return false;
  const double a = values[values.size() - 2];
  const double b = values.back();
  return std::abs(a - b) <= agreement * std::max(std::abs(a), std::abs(b));
}

std::string precision_reached(const std::vector<double>& samples) {
  const auto interval = median_interval(samples);
  if (!interval) return "too few for a 95 % interval of the median";
  return fmt::format("95 % interval of the median within +-{:.2g} %",
                     100 * interval->relative_half_width);
}

std::string sentence(const Sampling& sampling, const SamplingPolicy& policy) {
  const std::string reached =
      fmt::format("after {} sample{} ({})", sampling.samples.size(),
                  sampling.samples.size() == 1 ? "" : "s", precision_reached(sampling.samples));
  switch (sampling.stop) {
    case Stop::precision:
      return fmt::format("asked precision of {:.2g} % reached {}", 100 * policy.precision, reached);
    case Stop::budget:
      return fmt::format("budget of {:.2g} s ended {}", seconds(policy.budget), reached);
    case Stop::max_samples:
      return fmt::format("most samples allowed taken: stopped {}", reached);
    case Stop::failed:
      break;
  }
  return fmt::format("a sample failed {}: {}", reached, sampling.error->message);
}

/// Warm-up, then samples; fills everything but the sentence.
void run(Sampling& sampling, const TakeSample& take, const SamplingPolicy& policy, const Now& now) {
  const auto start = now();
  const auto take_into = [&](std::vector<double>& values) {
    const Expected<double> value = take();
    if (value) {
      values.push_back(*value);
    } else {
      sampling.stop = Stop::failed;
      sampling.error = value.error();
    }
    return value.has_value();
  };

  for (int i = 0; i < policy.max_warm_up && now() - start < policy.budget / 2; ++i) {
    if (!take_into(sampling.warm_up)) return;
    if (agree(sampling.warm_up, policy.warm_up_agreement)) break;
  }
  const auto enough = static_cast<std::size_t>(std::max(policy.min_samples, fewest_for_interval));
  const auto most = static_cast<std::size_t>(std::max(policy.max_samples, 1));
  while (true) {
    if (!take_into(sampling.samples)) return;
    if (sampling.samples.size() >= enough) {
      const auto interval = median_interval(sampling.samples);
      sampling.stop = Stop::precision;
      if (interval && interval->relative_half_width <= policy.precision) return;
    }
    sampling.stop = Stop::max_samples;
    if (sampling.samples.size() >= most) return;
    sampling.stop = Stop::budget;
    if (now() - start >= policy.budget) return;
  }
}

}  // namespace

const char* name(Stop stop) {
  switch (stop) {
    case Stop::precision:
      return "precision";
    case Stop::budget:
      return "budget";
    case Stop::max_samples:
      return "max_samples";
    case Stop::failed:
      break;
  }
  return "failed";
}

Sampling sample_until(const TakeSample& take, const SamplingPolicy& policy, const Now& now) {
  Sampling sampling;
  run(sampling, take, policy, now);
  sampling.reason = sentence(sampling, policy);
  return sampling;
}

}  // namespace peerbench::measure
