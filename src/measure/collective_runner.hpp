// SPDX-License-Identifier: Apache-2.0
// Runs one collective: owns its memory, streams and graphs on every rank's GPU, and times it as
// NVIDIA's nccl-tests does.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/checked.hpp"
#include "measure/collective.hpp"
#include "measure/collective_operation.hpp"
#include "measure/resources.hpp"
#include "measure/runner.hpp"

namespace peerbench::measure {

class CollectiveRunner {
 public:
  static Expected<CollectiveRunner> create(NcclRanks& ranks, const CollectiveRequest& request,
                                           const RunnerLimits& limits);

  /// Fills what the ranks give with numbers of `seed`, each rank its own, on its own GPU.
  Expected<void> fill(std::uint64_t seed);
  /// Fills what they get with something that is no number.
  Expected<void> poison();
  /// Checks what each rank got, on its own GPU. Empty, or what is wrong on which rank.
  Expected<std::string> find_corruption(std::uint64_t seed);

  /// The first operations: they connect what is not connected yet, wake links and clocks, and say
  /// how many operations a burst has from now on.
  Expected<void> warm_up();
  /// Records the graphs, where the request wants them, and launches them until they are warm.
  Expected<void> prepare();
  /// Seconds of one operation. A sample is as many bursts as last 5 ms together. A burst starts on
  /// idle GPUs and is timed by the host's clock: from before the first launch until the last rank
  /// has ended the last operation, over their number.
  Expected<double> sample();

  /// Seconds that the host took to launch one operation on all GPUs, where the GPUs had to wait for
  /// it in the last burst; none where they did not.
  std::optional<double> host_bound() const;

 private:
  struct DestroyGraph {
    void operator()(cudaGraphExec_t graph) const { PEERBENCH_FORGIVE(cudaGraphExecDestroy(graph)); }
  };
  using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, DestroyGraph>;
  struct Rank {
    Buffer from, to;
    Stream stream;
    Graph graph;
  };
  CollectiveRunner(NcclRanks& ranks, const CollectiveRequest& request, const RunnerLimits& limits,
                   std::vector<Rank> all);

  Expected<void> first();
  Expected<double> burst();
  Expected<void> launch();
  Expected<void> launch_graphs();
  Expected<void> queue(int operations);
  Expected<void> record();
  Expected<void> begin_capture(const Rank& rank);
  Expected<void> end_capture(Rank& rank, bool keeps);
  Expected<void> instantiate(Rank& rank, cudaGraph_t graph);
  /// False when it had ended before the host looked for its end.
  Expected<bool> await(HostClock::time_point start);
  Expected<bool> busy() const;
  Expected<void> no_rank_failed() const;
  void abandon();
  /// What a GPU hung in is nobody's to free.
  template <typename T>
  Expected<T> kept(Expected<T> done) {
    if (!done && done.error().kind == ErrorKind::hang) abandon();
    return done;
  }

  NcclRanks* ranks_;
  CollectiveRequest request_;
  RunnerLimits limits_;
  std::vector<Rank> all_;
  CollectiveOperation operation_;
  int operations_ = 1;                ///< of a burst
  HostClock::duration launching_{0};  ///< the host's part of the last burst, before it waits
  HostClock::duration expected_{0};   ///< how long a burst takes, by the one before
};

}  // namespace peerbench::measure
