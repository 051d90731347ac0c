// SPDX-License-Identifier: Apache-2.0
#include "measure/sampling.hpp"
#include "base/interrupt.hpp"
#include "base/list_some.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "measure/statistics.hpp"

namespace peerbench::measure {
namespace {

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Whether the last quarter of the values agrees with the quarter before.
bool settled(const std::vector<double>& values, double agreement) {
  const std::size_t quarter = std::max<std::size_t>(1, values.size() / 4);
  if (values.size() < 2 * quarter) return false;
  const auto median_of_quarter = [&](std::size_t from_end) {
    const auto first = values.end() - static_cast<std::ptrdiff_t>(from_end * quarter);
    return summarize({first, first + static_cast<std::ptrdiff_t>(quarter)}).median;
  };
  const double before = median_of_quarter(2);
  const double last = median_of_quarter(1);
  return std::abs(before - last) <= agreement * std::max(std::abs(before), std::abs(last));
}

std::string precision_reached(const std::vector<double>& samples) {
  const auto interval = median_interval(samples);
  if (!interval) return "too few for a 95 % interval of the median";
  return fmt::format("95 % interval of the median within +-{:.2g} %",
                     100 * interval->relative_half_width);
}

std::string sentence(const Sampling& sampling, const SamplingPolicy& policy) {
  const std::string reached =
      fmt::format("after {} ({})", with_count(sampling.samples.size(), "sample"),
                  precision_reached(sampling.samples));
  switch (sampling.stop) {
    case Stop::precision:
      return fmt::format("asked precision of {:.2g} % reached {}", 100 * policy.precision, reached);
    case Stop::budget:
      return fmt::format("budget of {:.2g} s ended {}", seconds(policy.budget), reached);
    case Stop::max_samples:
      return fmt::format("most samples allowed taken: stopped {}", reached);
    case Stop::interrupted:
      return fmt::format("interrupted {}", reached);
    case Stop::failed:
      break;
  }
  return fmt::format("a sample failed {}: {}", reached, sampling.error->message);
}

/// The loop, and what it has taken so far.
class Loop {
 public:
  Loop(const TakeSample& take, const SamplingPolicy& policy, const SamplingHooks& hooks,
       const Now& now)
      : take_(take), policy_(policy), hooks_(hooks), now_(now), start_(now()) {}

  Sampling run() {
    if (warm_up()) {
      if (hooks_.on_warm) hooks_.on_warm();
      sample();
    }
    result_.reason = sentence(result_, policy_);
    return std::move(result_);
  }

 private:
  bool take_into(std::vector<double>& values) {
    const Expected<double> value = take_();
    if (!value) {
      result_.stop = Stop::failed;
      result_.error = value.error();
      return false;
    }
    values.push_back(*value);
    if (hooks_.on_sample) hooks_.on_sample(*value);
    if (!interrupted()) return true;
    result_.stop = Stop::interrupted;
    result_.error = Error{ErrorKind::interrupted, "interrupted while it was sampled"};
    return false;
  }

  bool warm_up() {
    result_.settled = policy_.max_warm_up == 0;
    for (int i = 0; i < policy_.max_warm_up && now_() - start_ < policy_.budget / 2; ++i) {
      if (!take_into(result_.warm_up)) return false;
      const bool long_enough = now_() - start_ >= policy_.min_warm_up;
      result_.settled = long_enough && settled(result_.warm_up, policy_.warm_up_agreement);
      if (result_.settled) break;
    }
    return true;
  }

  void sample() {
    auto first = now_();
    while (take_into(result_.samples)) {
      if (precise_since(first)) {
        result_.stop = Stop::precision;
        if (!hooks_.unchanged || hooks_.unchanged()) return;
        result_.warm_up.insert(result_.warm_up.end(), result_.samples.begin(),
                               result_.samples.end());
        result_.samples.clear();
        first = now_();
        continue;
      }
      result_.stop = Stop::max_samples;
      if (result_.samples.size() >= most()) return;
      result_.stop = Stop::budget;
      if (now_() - start_ >= policy_.budget) return;
    }
  }

  bool precise_since(HostClock::time_point first) const {
    const auto enough =
        static_cast<std::size_t>(std::max(policy_.min_samples, fewest_for_interval));
    if (result_.samples.size() < enough || now_() - first < policy_.min_span) return false;
    const auto interval = median_interval(result_.samples);
    return interval && interval->relative_half_width <= policy_.precision;
  }

  std::size_t most() const { return static_cast<std::size_t>(std::max(policy_.max_samples, 1)); }

  const TakeSample& take_;
  const SamplingPolicy& policy_;
  const SamplingHooks& hooks_;
  const Now& now_;
  HostClock::time_point start_;
  Sampling result_;
};

}  // namespace

const char* name(Stop stop) {
  switch (stop) {
    case Stop::precision:
      return "precision";
    case Stop::budget:
      return "budget";
    case Stop::max_samples:
      return "max_samples";
    case Stop::interrupted:
      return "interrupted";
    case Stop::failed:
      break;
  }
  return "failed";
}

Sampling sample_until(const TakeSample& take, const SamplingPolicy& policy,
                      const SamplingHooks& hooks, const Now& now) {
  return Loop(take, policy, hooks, now).run();
}

}  // namespace peerbench::measure
