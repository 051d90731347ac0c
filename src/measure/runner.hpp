// Runs a plan once: queues everything behind the gate, lets go, and reads one common window and
// each transfer's own. Owns the plan's memory, streams and events for the length of a cell.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "measure/gate.hpp"
#include "measure/lane.hpp"
#include "measure/plan.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

/// One sample: the durations of `copies` copies of every transfer, run at the same time.
struct Sample {
  int copies = 1;
  double window_seconds = 0;  ///< shared start to the join of all streams, leading device
  std::vector<double> transfer_seconds;  ///< each transfer's own, between events of its own device
};

struct RunnerLimits {
  std::chrono::nanoseconds gate_timeout = std::chrono::milliseconds(100);
  int gate_attempts = 4;  ///< each with half the copies and four times the time-out
  /// Nothing is measured that takes longer; then the plan hangs.
  std::chrono::nanoseconds hang_after = std::chrono::seconds(30);
};

/// Operations queued behind one closed gate at most: a full launch queue would block the host, and
/// the gate would never open (design, section 5).
inline constexpr int max_queued_copies = 48;

class Runner {
 public:
  /// Allocates both ends of every transfer. Buffers of equal place are not shared between
  /// transfers.
  static Expected<Runner> create(const Plan& plan, const RunnerLimits& limits = {});
  Runner(Runner&&) = default;
  ~Runner();

  /// Fills all sources with the pattern of `seed` (each transfer its own), on the owner's side.
  Expected<void> fill_sources(std::uint64_t seed);
  /// Fills all destinations with something that no source ever holds.
  Expected<void> poison_destinations();
  /// Checks all destinations on the owner's side against what fill_sources(seed) wrote.
  /// Returns an empty string, or what is wrong with which transfer.
  Expected<std::string> find_corruption(std::uint64_t seed);

  /// One gated sample of at most `copies` copies a transfer (fewer when the gate needs it so).
  /// `while_copying` is called once the gate has opened, before the copies are waited for.
  /// Copies of pageable memory block the host, which would never open a gate: they are timed by
  /// the host's clock, from the first call to the end of the last copy. So is each copy of a plan
  /// that times submissions; the window is their sum.
  /// Errors: hang when it does not end, device when a call fails or the gate never holds.
  Expected<Sample> sample(int copies, const std::function<void()>& while_copying = {});

  /// What is to be said of the plan's memory, each sentence once.
  std::vector<std::string> notes() const;

  /// How often each transfer was queued so far, in all samples.
  std::uint64_t copies() const { return copies_; }

  /// Gives everything up without waiting for it; after a hang nothing else would return.
  void abandon();
  /// Whether that happened: something of it may still run.
  bool abandoned() const { return abandoned_; }

 private:
  Runner(Plan plan, RunnerLimits limits, Gate gate, Event finish);
  Expected<Sample> sample_gated(int copies, const std::function<void()>& while_copying);
  Expected<Sample> sample_by_host_clock(int copies, const std::function<void()>& while_copying);
  Expected<Sample> sample_submissions(int copies, const std::function<void()>& while_copying);
  Expected<bool> queue_gated(int copies, std::chrono::nanoseconds gate_timeout);
  Expected<void> queue_copies(int copies);
  Expected<void> await_finish();
  Expected<void> await(const std::function<cudaError_t()>& ask);
  template <typename T>
  Expected<T> abandoned_if_hung(Expected<T> done);

  Plan plan_;
  RunnerLimits limits_;
  Gate gate_;
  Event finish_;
  std::vector<Lane> lanes_;  ///< the first one leads
  std::uint64_t copies_ = 0;
  bool abandoned_ = false;
};

}  // namespace peerbench::measure
