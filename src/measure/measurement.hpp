// SPDX-License-Identifier: Apache-2.0
// Measures a plan: warm up, sample until precise enough, verify, and only then say a rate. What
// goes wrong is part of the measurement, since it costs this one cell and no other.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "measure/plan.hpp"
#include "measure/runner.hpp"
#include "measure/sampling.hpp"

namespace peerbench::measure {

enum class Outcome { ok, corrupt, hang, unsupported, error };

struct Measurement {
  Outcome outcome = Outcome::error;
  std::string reason;  ///< what failed and what to do, or how sampling ended
  std::string stop;    ///< "precision", "budget", ...; empty when nothing was sampled
  /// GB/s of all transfers' bytes, each counted once, over the common window; in the order taken.
  std::vector<double> samples;
  /// The same for each transfer over its own window; outer index as in the plan.
  std::vector<std::vector<double>> transfer_samples;
  int copies_per_sample = 0;
  /// How often each transfer was copied in all, warm-up included; bytes are this times the plan's.
  std::uint64_t copies = 0;
  std::vector<std::string> notes;  ///< where memory of the host lies, how it was timed
  bool settled = true;             ///< as in Sampling
  int gate_failures = 0;           ///< how often a gate was closed in vain
  bool still_running = false;      ///< after a hang: the GPUs may answer no more
  bool verified = false;           ///< all data arrived as sent, checked by the owner
};

/// How long GPUs are warmed up and sampled. Their clocks rise slowly after idleness (`idle`: they
/// have done nothing for about a second), so that samples of a few milliseconds agree long before
/// the rate is what it will be.
SamplingPolicy gpu_sampling(bool idle);

struct MeasureOptions {
  SamplingPolicy sampling = gpu_sampling(true);
  /// The GPUs' clocks in MHz, in any order that stays the same: what changes them by more than a
  /// few percent between warm-up and the last sample is measured again. Not there: not known.
  std::function<std::vector<int>()> clocks;
  RunnerLimits limits;
  /// Distinguishes the data of this measurement from those of every other; never 0 twice.
  std::uint64_t data_seed = 1;
  /// Gated rounds go on for so long before they count as one sample; 0: one round is a sample.
  std::chrono::nanoseconds lap{0};
  /// Called while copies of the plan are under way, after the timed samples: what is read of the
  /// machine then is what it runs at under load.
  std::function<void()> under_load;
};

/// Holds the clocks at the end of sampling against those after warm-up, where `options` knows any.
/// `on_warm` is called too.
SamplingHooks watch_clocks(const MeasureOptions& options, std::function<void()> on_warm = {});

/// Runs `plan` and returns what came of it; never fails as a whole.
Measurement measure_plan(const Plan& plan, const MeasureOptions& options);

}  // namespace peerbench::measure
