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
  std::vector<std::string> notes;  ///< where memory of the host lies
  bool still_running = false;      ///< after a hang: the GPUs may answer no more
  bool verified = false;           ///< all data arrived as sent, checked by the owner
};

/// Shortest sample; shorter copies are repeated within it (design, section 5).
inline constexpr double min_sample_seconds = 200e-6;

struct MeasureOptions {
  SamplingPolicy sampling;
  RunnerLimits limits;
  /// Distinguishes the data of this measurement from those of every other; never 0 twice.
  std::uint64_t data_seed = 1;
  /// Gated rounds go on for so long before they count as one sample; 0: one round is a sample.
  std::chrono::nanoseconds lap{0};
  /// Called while copies of the plan are under way, after the timed samples: what is read of the
  /// machine then is what it runs at under load.
  std::function<void()> under_load;
};

/// Runs `plan` and returns what came of it; never fails as a whole.
Measurement measure_plan(const Plan& plan, const MeasureOptions& options);

}  // namespace peerbench::measure
