// SPDX-License-Identifier: Apache-2.0
// Runs a plan once: queues everything behind the gate, lets go, and reads one common window and
// each transfer's own. What the driver may do while the host waits has no gate: there the window
// begins while the host still queues. Owns the plan's memory, streams and events for the length of
// a cell.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "measure/gate.hpp"
#include "measure/plan.hpp"
#include "measure/resources.hpp"
#include "measure/transfer_stream.hpp"

namespace peerbench::measure {

/// One sample: the durations of `copies` copies of every transfer, run at the same time.
struct Sample {
  int copies = 1;
  double window_seconds = 0;  ///< shared start to the join of all streams, leading device
  std::vector<double> transfer_seconds;  ///< each transfer's own, between events of its own device
};

struct RunnerLimits {
  /// Off: for tools that wait for each kernel by itself, as compute-sanitizer does, so that a gate
  /// could only time out.
  bool gated = true;
  /// Off: the program has none that run on a GPU of the plan. What needs no kernel is then timed
  /// without a gate, and the host fills and checks the data.
  bool kernels = true;
  std::chrono::nanoseconds gate_timeout = std::chrono::milliseconds(100);
  /// Each with half the copies and four times the time-out. A driver that holds the host until the
  /// gate gives up does so whatever the time-out is: then the window is taken without a gate.
  int gate_attempts = 2;
  /// Nothing is measured that takes longer; then the plan hangs.
  std::chrono::nanoseconds hang_after = std::chrono::seconds(30);
};

/// Operations of one GPU queued behind a closed gate at most: a full launch queue would block the
/// host, and the gate would never open (design, section 5).
inline constexpr int max_queued_copies = 48;

/// The same where GPUs wait for each other at both ends of the window, some 16 us in all: a window
/// of small copies must be long against that. Still half of the queue's 1024 entries.
inline constexpr int max_joined_copies = 480;

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

  /// Runs every transfer once, untimed and without a gate: what the driver loads or sets up at the
  /// first use of a kernel, a copy or a piece of memory is done afterwards.
  Expected<void> wake();

  /// One sample of at most `copies` copies a transfer (fewer when the gate needs it so).
  /// `while_copying` is called while the copies are under way.
  /// Copies staged through the host have no gate, since the driver may hold the host in the call:
  /// their window is the one of events, and transfers that run at the same time are queued by a
  /// thread each. So it is for any plan whose gate did not hold.
  /// Copies of pageable memory block the host, too, while the driver copies: they are timed by
  /// the host's clock, from the first call to the end of the last copy. So is each copy of a plan
  /// that times submissions; the window is their sum.
  /// Errors: hang when it does not end, device when a call fails.
  Expected<Sample> sample(int copies, const std::function<void()>& while_copying = {});

  /// Copies that must be in one sample, for it to last at least `seconds`, when one took `each`.
  /// What the host does at a sample's start weighs more where transfers get a thread each.
  int copies_for(double seconds, double each) const;

  /// What is to be said of the plan's memory and of its gate, each sentence once.
  std::vector<std::string> notes() const;

  /// How often a gate was closed in vain so far.
  int gate_failures() const { return gate_failures_; }

  /// How often each transfer was queued so far, in all samples.
  std::uint64_t copies() const { return copies_; }

  /// Gives everything up without waiting for it; after a hang nothing else would return.
  void abandon();
  /// Whether that happened: something of it may still run.
  bool abandoned() const { return abandoned_; }

 private:
  Runner(Plan plan, RunnerLimits limits, Gate gate, Event finish);
  Expected<Sample> sample_gated(int copies, const std::function<void()>& while_copying);
  Expected<Sample> sample_by_events(int copies, const std::function<void()>& while_copying);
  Expected<Sample> sample_by_host_clock(int copies, const std::function<void()>& while_copying);
  Expected<Sample> sample_submissions(int copies, const std::function<void()>& while_copying);
  Expected<bool> queue_gated(int copies, std::chrono::nanoseconds gate_timeout);
  Expected<void> lead_in(int copies);
  Expected<void> queue_all(int copies);
  Expected<void> queue_copies(int copies);
  Expected<void> queue_by_threads(int copies);
  Expected<void> open_window();
  Expected<void> close_window();
  Expected<Sample> read_window(int copies) const;
  bool staged() const;
  Expected<void> await_finish();
  Expected<void> await_end(const std::function<cudaError_t()>& ask);
  template <typename T>
  Expected<T> abandoned_if_hung(Expected<T> done);

  Plan plan_;
  RunnerLimits limits_;
  Gate gate_;
  Event finish_;
  std::vector<TransferStream> streams_;  ///< the first one leads
  std::uint64_t copies_ = 0;
  int gate_failures_ = 0;
  bool gate_given_up_ = false;
  bool abandoned_ = false;
};

}  // namespace peerbench::measure
