// SPDX-License-Identifier: Apache-2.0
// How long one load from a host pool takes when nothing can be fetched ahead: a chain of dependent
// loads by one pinned thread, far past the last cache. What can be timed beside other work is apart
// from the sampling, so that the same chain measures a busy memory as well.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/host_chase.hpp"
#include "machine/machine.hpp"
#include "measure/host_array.hpp"
#include "measure/host_placement.hpp"
#include "measure/measurement.hpp"
#include "measure/sampling.hpp"
#include "measure/thread_team.hpp"

namespace peerbench::measure {

struct HostChaseRequest {
  machine::Pool pool;  ///< whose memory
  std::string cpus;    ///< the processor that loads; empty: the pool's first core
  Bytes bytes = 0;     ///< a power of two; 0: by the rule of chase_bytes()
  Pages pages = Pages::huge;
  std::optional<MemoryKind> driver_memory = {};  ///< none: pageable memory of the pool's node
  int gpu = 0;                                   ///< the driver's memory is had for
  /// What a GPU does all the while that the CPU works.
  std::optional<Transfer> background_load = {};
  /// For tests: changes the memory between measuring and verifying.
  std::function<void(std::span<std::uint64_t>)> before_verification = {};
};

/// Bytes of the cycle: the power of two from 4 times the caches up, at least 256 MiB, as long as a
/// quarter of the available memory holds it. On a simulated machine 1 MiB: the model makes the
/// time. Error: unsupported, when what is available does not hold 4 times the caches.
Expected<Bytes> chase_bytes(const machine::Pool& pool);

/// The chain, laid out and ready.
class HostChase {
 public:
  /// Error: unsupported or device, when processor or memory cannot be had.
  static Expected<HostChase> prepare(const HostChaseRequest& request);

  /// Follows the chain from where it stood. Returns nanoseconds for each load.
  Expected<double> follow(std::uint64_t loads);
  /// Loads that last about `seconds`.
  Expected<std::uint64_t> loads_in(double seconds);
  /// What is wrong: where the chain stands is not where so many loads must have led, or a line does
  /// not lead to its next. Empty when all is well.
  std::string find_corruption();

  Bytes bytes() const { return order_.lines() * kernels::chase_line_bytes; }
  std::span<std::uint64_t> words() const { return array_.span(); }
  /// Pinning, placement and page size, one sentence each.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  HostChase(HostArray array, ThreadTeam team, std::optional<HostPlacement> placement,
            kernels::ChaseOrder order);

  HostArray array_;
  std::optional<HostPlacement> placement_;  // none on a simulated machine
  ThreadTeam team_;
  std::string cpus_;  ///< for the simulator
  int node_ = -1;
  kernels::ChaseOrder order_;
  const void* at_;
  std::uint64_t done_ = 0;
  std::vector<std::string> notes_;
};

/// Measures and returns what came of it; never fails as a whole. Each sample is taken within
/// `around`; null: nothing else is under way.
Measurement measure_host_chase(const HostChaseRequest& request, const MeasureOptions& options,
                               const Around& around = {});

/// What the figure is, in words.
inline constexpr const char* chase_counting_rule =
    "time of one load in a chain of loads that each need the address the one before gave, over one "
    "cycle through all cache lines of the array in random order, by one thread";

}  // namespace peerbench::measure
