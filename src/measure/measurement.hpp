// SPDX-License-Identifier: Apache-2.0
// What every measurement gives, whatever work it is of: warmed up, sampled until precise enough,
// and verified before any figure is said. What goes wrong is part of the measurement, since it
// costs this one cell and no other. Here is that of plans, too; work.hpp measures any work.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "measure/nccl_log.hpp"
#include "measure/plan.hpp"
#include "measure/runner.hpp"
#include "measure/sampling.hpp"

namespace peerbench::measure {

enum class Outcome { ok, corrupt, hang, unsupported, error };

/// What only loops and chases of CPU threads tell.
struct HostDetails {
  int threads = 0;
  int arrays = 0;
  Bytes bytes_per_array = 0;
  int passes_per_sample = 0;
  std::string counting_rule;  ///< what the figure counts
  std::string size_rule;      ///< which rule decided the arrays' size
  std::string loops;          ///< "avx2", ...
  std::string first_touch;    ///< who touched the pages first: "same thread"
};

/// What only collectives tell.
struct CollectiveDetails {
  std::vector<double> seconds;  ///< of one operation, of the same samples
  NcclUse use;
  std::string version;  ///< of NCCL
};

/// When `outcome` is not ok there is no figure to report: `samples` may still hold what was seen.
struct Measurement {
  Outcome outcome = Outcome::error;
  std::string reason;   ///< what failed and what to do, or how sampling ended
  std::string error;    ///< Error::code of what ended it; empty: no call of CUDA or NCCL failed
  std::string stop;     ///< "precision", "budget", ...; empty when nothing was sampled
  bool settled = true;  ///< as in Sampling
  /// In the order taken. Of a plan GB/s of all transfers' bytes, each counted once, over the common
  /// window; of CPU threads' loops traffic in GB/s, of their chases nanoseconds a load; of a
  /// collective busbw in GB/s.
  std::vector<double> samples;
  bool verified = false;       ///< all data are where they must be, checked by the memory's owner
  bool still_running = false;  ///< after a hang: GPUs or NCCL may answer no more
  /// How it was done where there is a choice: placement of memory and threads, how it was timed.
  std::vector<std::string> notes;

  /// Of a plan: the samples of each transfer over its own window; outer index as in the plan.
  std::vector<std::vector<double>> transfer_samples;
  /// Of a plan: copies in each sample, and how often each transfer was copied in all, warm-up
  /// included; bytes are this times the plan's.
  int copies_per_sample = 0;
  std::uint64_t copies = 0;
  int gate_failures = 0;  ///< of a plan: how often a gate was closed in vain

  /// Of CPU work under a background load: GB/s that the GPU moved in the window of each sample.
  std::vector<double> background_rates;
  HostDetails host;
  CollectiveDetails collective;
};

/// The measurement that `error` has ended: what was seen so far stays in it.
Measurement failed(Measurement so_far, const Error& error);

/// Puts in what sampling gave, but its error.
void add_sampling(Measurement& measurement, Sampling sampling);

/// Ends it as ok, or as corrupt where verification found something wrong.
void conclude(Measurement& measurement, const std::string& wrong);

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
  /// Called with each sample, as of SamplingHooks.
  std::function<void(double)> on_sample;
  /// Distinguishes the data of this measurement from those of every other; never 0 twice.
  std::uint64_t data_seed = 1;
  /// Gated rounds go on for so long before they count as one sample; 0: one round is a sample.
  std::chrono::nanoseconds lap{0};
  /// Called while copies of the plan are under way, after the timed samples: what is read of the
  /// machine then is what it runs at under load.
  std::function<void()> under_load;
};

/// Holds the clocks at the end of sampling against those after warm-up, where `options` knows any.
/// `on_warm` and the options' `on_sample` are called too.
SamplingHooks watch_clocks(const MeasureOptions& options, std::function<void()> on_warm = {});

/// Runs `plan` and returns what came of it; never fails as a whole.
Measurement measure_plan(const Plan& plan, const MeasureOptions& options);

}  // namespace peerbench::measure
