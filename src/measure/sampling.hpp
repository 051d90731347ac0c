// SPDX-License-Identifier: Apache-2.0
// The sampling loop of every figure, of GPUs and of the host alike: warm up, then sample until the
// median is known well enough or the budget ends; every sample is kept.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace peerbench::measure {

/// Shortest sample of what GPUs do; shorter copies and operations are repeated within it. An
/// isolated kernel has a fixed cost of about 5 us, a hop between engines 2 to 5 us, a wait across
/// devices 5 to 10 us: up to 0.3 % of this.
inline constexpr std::chrono::nanoseconds min_sample = std::chrono::milliseconds(5);
inline constexpr double min_sample_seconds = std::chrono::duration<double>(min_sample).count();

struct SamplingPolicy {
  /// Sampling ends when the 95 % interval of the median lies within this part of the median.
  double precision = 0.01;
  /// Time for warm-up and samples together, by the clock given (HostClock: virtual when simulated).
  /// At least one sample is taken however small it is; a sample under way is not cut short.
  std::chrono::nanoseconds budget = std::chrono::seconds(2);
  int min_samples = 10;  ///< precision does not end sampling before; the budget may
  int max_samples = 1000;
  /// The samples span at least so long, unless the budget ends before: what is still changing
  /// slowly, as clocks do, gives samples that agree well at first.
  std::chrono::nanoseconds min_span{0};
  /// Warm-up lasts at least so long, and until its last quarter (at least one sample) differs from
  /// the quarter before by at most this part of the larger one, both by their medians...
  std::chrono::nanoseconds min_warm_up{0};
  double warm_up_agreement = 0.05;
  int max_warm_up = 10;  ///< ...or for so many samples, or half of the budget; 0: no warm-up
};

enum class Stop { precision, budget, max_samples, interrupted, failed };

/// "precision", "budget", "max_samples", "interrupted", "failed".
const char* name(Stop stop);

/// What sampling gave. The values' unit is whatever the callable returns.
struct Sampling {
  std::vector<double> samples;  ///< in the order taken, warm-up not among them
  std::vector<double> warm_up;  ///< what was thrown away before
  bool settled = true;          ///< warm-up ended because the values had settled
  Stop stop = Stop::budget;
  std::string reason;          ///< one sentence: why it ended, with the precision reached
  std::optional<Error> error;  ///< set exactly when failed or interrupted; samples so far are kept
};

/// Takes one sample: a positive rate or duration, always in the same unit.
using TakeSample = std::function<Expected<double>()>;
using Now = std::function<HostClock::time_point()>;

/// Does a sample's work while something else is under way, and returns what it returned.
using Around = std::function<Expected<double>(const TakeSample&)>;

/// What is asked and told between the samples; all may be left out.
struct SamplingHooks {
  /// A sample was taken, of warm-up too; for whoever watches.
  std::function<void(double)> on_sample = {};
  /// Warm-up has ended: the length of a sample may be set by what is known now.
  std::function<void()> on_warm = {};
  /// Asked before sampling ends by precision: false when what was measured has changed since it
  /// was warm (clocks, say). The samples so far are thrown away then, as warm-up.
  std::function<bool()> unchanged = {};
};

/// Runs the loop; a signal (interrupt.hpp) ends it after the sample under way. The 95 % interval is
/// looked at after every sample, which makes it a little optimistic; it is a stopping rule, the
/// samples are the evidence.
Sampling sample_until(const TakeSample& take, const SamplingPolicy& policy,
                      const SamplingHooks& hooks = {}, const Now& now = HostClock::now);

}  // namespace peerbench::measure
