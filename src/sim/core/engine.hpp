// SPDX-License-Identifier: Apache-2.0
// Virtual time: operations in streams, and the flows they become while they run. Knows nothing of
// CUDA. All times are nanoseconds since the simulated machine was opened.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/core/fair_share.hpp"
#include "sim/core/residency.hpp"

namespace gpusim {

/// What the trace and the counters say about an operation; the engine itself does not look at it.
struct Label {
  std::string kind;  ///< "copy", "memset", "kernel", "gate", "record", "wait", "host-function"
  std::string name;  ///< of a kernel
  std::string call;  ///< "cudaMemcpy", "cudaMemcpyPeer" (Async or not): what was called for a copy
  int gpu = -1;      ///< issuer
  int stream = 0;    ///< number of the stream, in the order of creation
  std::string source, destination;  ///< "gpu0", "host0"; empty where there is none
  std::string path;                 ///< "local", "peer", "staged", "host", or empty
  std::uint64_t bytes = 0;
};

/// One thing a stream does. The submitter fills the first part, the engine the second.
struct Operation {
  enum class Phase { queued, latency, waiting, finishing, flowing, ended };

  Label label;
  int queue = 0;                                  ///< which FIFO
  double submitted_ns = 0;                        ///< it cannot start before
  std::vector<std::shared_ptr<Operation>> after;  ///< it cannot start before these have ended
  /// For each slot that it holds while it runs the pools it may be of: the first that has one free.
  std::vector<std::vector<int>> slots;
  Seats seats;            ///< of a kernel: its blocks on the multiprocessors
  double latency_ns = 0;  ///< fixed part, before its bytes flow
  /// Its latency runs from that one's end; null: from its own start.
  std::shared_ptr<Operation> counted_from;
  double fixed_ns = 0;  ///< of a kernel: what of its latency a launch costs by itself
  double bytes = 0;
  std::vector<Use> uses;
  double cap = std::numeric_limits<double>::infinity();  ///< of its own rate, bytes per nanosecond
  double share = 1;                                      ///< Demand::share
  /// It slows down as others use a resource: at capacity its rate is the cap over 1 + `slowed_by`.
  int slowed_at = -1;
  double slowed_by = 0;
  bool endless = false;         ///< it starts and never ends
  std::function<bool()> ready;  ///< a waiting operation: true once the wait is over
  double timeout_ns = std::numeric_limits<double>::infinity();  ///< when a waiting one gives up
  std::function<void()> timed_out;
  double limit_ns = std::numeric_limits<double>::infinity();  ///< it may not run for longer
  std::function<void()> killed;  ///< called in place of its effect when it did
  double after_wait_ns = 0;      ///< what a waiting one takes once its wait is over
  std::function<void()> effect;  ///< what it does to memory, applied when it ends
  /// Called when it starts: what it then takes may depend on what came before it.
  std::function<void(Operation&)> on_start;
  /// Its effect is left out when the next of its queue has the same name: that one does the same
  /// again, or replaces all that this one would write. Faults of a link leave the same, too.
  std::string repeats;

  std::uint64_t number = 0;  ///< in the order of submission, from 0
  std::vector<int> held;     ///< the pools that gave its slots
  Phase phase = Phase::queued;
  double started_ns = 0;
  double ended_ns = 0;
  double phase_end_ns = 0;
  double remaining = 0;
  double rate = 0;

  bool ended() const { return phase == Phase::ended; }
  bool running() const { return phase != Phase::queued && phase != Phase::ended; }
};

using OperationPtr = std::shared_ptr<Operation>;

class Engine {
 public:
  /// `capacities` of the resources in bytes per nanosecond (= GB/s), `slots` of each pool,
  /// `multiprocessors` of each GPU.
  Engine(std::vector<double> capacities, std::vector<int> slots,
         std::vector<int> multiprocessors = {});

  /// Called at the end of every operation, in virtual-time order, after its effect.
  std::function<void(const Operation&)> on_end;

  int add_queue();
  /// The queue goes once all it holds has ended.
  void remove_queue(int queue);
  /// Last operation given to the queue, null when all of it has ended.
  OperationPtr tail(int queue) const;
  /// The same of every queue that still holds something.
  std::vector<OperationPtr> tails() const;

  OperationPtr submit(Operation operation);

  double now() const { return now_ns_; }

  /// Simulates up to `ns`; never goes back.
  void advance_to(double ns);

  /// Looks at the running waiting operations; those that are ready end at the present time.
  void poll();

  /// Simulates until `done`, asked after each event; false when nothing more can happen before.
  bool run_until(const std::function<bool()>& done);

  /// Simulates until such a share of the operation's bytes has flowed (1: until it has ended);
  /// false when it never will.
  bool run_until_moved(const Operation& operation, double share);

  /// Simulates until nothing more can happen; false when something is left that never ends.
  bool run_until_idle();

  /// True while a running operation satisfies `wanted`.
  bool any_running(const std::function<bool(const Operation&)>& wanted) const;
  /// The same of those that have not ended, running or queued.
  bool any_left(const std::function<bool(const Operation&)>& wanted) const;

 private:
  void start_ready();
  bool can_start(const Operation& operation) const;
  /// A free slot for each that it needs; none while it must wait for one.
  std::optional<std::vector<int>> free_slots_for(const Operation& operation) const;
  void start(const OperationPtr& operation);
  bool begin_work(Operation& operation);
  bool wait_is_over(Operation& operation);
  void ask_waiting();
  void end(const OperationPtr& operation);
  void settle();  ///< starts, polls and ends all that can at the present time
  void share();
  double cap_of(const Operation& operation) const;
  void slow_down();
  double next_event() const;
  void step_to(double ns);

  std::vector<double> capacities_;
  std::vector<int> free_slots_;
  Residency residency_;
  std::map<int, std::deque<OperationPtr>> queues_;
  std::set<int> closing_;
  std::vector<OperationPtr> running_;
  bool flows_changed_ = true;
  /// All that can happen at the present time has, and nothing will before next_ns_ unless something
  /// is submitted or a wait is asked about: hosts that poll look at the engine millions of times.
  bool settled_ = false;
  double next_ns_ = 0;
  double now_ns_ = 0;
  std::uint64_t submitted_ = 0;
  int queue_count_ = 0;
};

}  // namespace gpusim
