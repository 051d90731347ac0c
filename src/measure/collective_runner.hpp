// Runs one collective: owns its memory, streams and events on every rank's GPU, and times it.
#pragma once

#include <vector>

#include "measure/collective.hpp"
#include "measure/gate.hpp"
#include "measure/runner.hpp"

namespace peerbench::measure {

class CollectiveRunner {
 public:
  static Expected<CollectiveRunner> create(NcclRanks& ranks, const CollectiveRequest& request,
                                           const RunnerLimits& limits);
  CollectiveRunner(CollectiveRunner&& other) noexcept;
  ~CollectiveRunner();

  /// Fills what the ranks give with numbers of `seed`, each rank its own, on its own GPU.
  Expected<void> fill(std::uint64_t seed);
  /// Fills what they get with something that is no number.
  Expected<void> poison();
  /// Checks what each rank got, on its own GPU. Empty, or what is wrong on which rank.
  Expected<std::string> find_corruption(std::uint64_t seed);

  /// Seconds of one operation, launched by the host: the first wakes links and connects.
  Expected<double> first();
  /// From now on a sample is `times` operations (at most max_queued_copies). As a graph they are
  /// recorded now.
  Expected<void> prepare(int times);
  /// Seconds of one operation, from a common start until the slowest rank has ended the last one.
  Expected<double> sample();

 private:
  struct Rank {
    Buffer from, to;
    Stream stream;
    Event end;
  };
  CollectiveRunner(NcclRanks& ranks, const CollectiveRequest& request, const RunnerLimits& limits,
                   Gate gate, Event begin, Event finish);
  Expected<double> timed(int times);
  Expected<double> replay();
  Expected<void> queue(int times);
  Expected<void> queue_one();
  Expected<void> record(int times);
  Expected<void> await_finish();
  void abandon();

  std::size_t count() const;  ///< elements of a rank's call, as NCCL counts them
  Rank& lead() { return all_.front(); }

  NcclRanks* ranks_;
  CollectiveRequest request_;
  RunnerLimits limits_;
  Gate gate_;
  Event begin_, finish_;
  std::vector<Rank> all_;
  int times_ = 1;
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace peerbench::measure
