// SPDX-License-Identifier: Apache-2.0
// The rate of the host's own memory: read, write, copy and triad by pinned threads over arrays far
// larger than the caches, verified before any figure is reported.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/host_loops.hpp"
#include "machine/machine.hpp"
#include "measure/host_content.hpp"
#include "measure/measurement.hpp"
#include "measure/sampling.hpp"

namespace peerbench::measure {

struct HostPoolRequest {
  HostOp op = HostOp::read;
  /// The host pool to measure, as discovered: node, cores, caches, available memory.
  machine::Pool pool;
  /// Processors that work on it, one thread on each, as the kernel lists them ("5-9,15"); empty:
  /// `threads` of the cores beside the pool.
  std::string cpus;
  int threads = 0;            ///< 0: one for each core of the pool; not with `cpus`
  Bytes bytes_per_array = 0;  ///< 0: by the rule of host_size.hpp
  SamplingPolicy sampling;
  Pages pages = Pages::huge;
  /// Pinned or managed memory of the CUDA driver with `gpu` as its device; none: plain memory. The
  /// CPU touches it only while no kernel of that GPU runs: the caller sees to that.
  std::optional<HostMemory> driver_memory;
  int gpu = 0;
  const kernels::HostLoops* loops = nullptr;  ///< null: the widest that this CPU has
  Around around;                              ///< of each sample; null: nothing else is under way
  /// For tests: changes the arrays between measuring and verifying.
  std::function<void(std::span<const HostArray>)> before_verification;
};

/// What one operation on one pool gave. When `outcome` is not ok there is no figure to report:
/// `samples` may still hold what was seen.
struct HostPoolMeasurement {
  Outcome outcome = Outcome::error;
  std::string reason;           ///< what failed and what to do, or how sampling ended
  std::string stop;             ///< "precision", "budget", ...; empty when nothing was sampled
  bool settled = true;          ///< as in Sampling
  std::vector<double> samples;  ///< traffic in GB/s, in the order taken
  bool verified = false;
  int threads = 0;
  int arrays = 0;
  Bytes bytes_per_array = 0;
  int passes_per_sample = 0;
  std::string counting_rule;  ///< what the figure counts
  std::string size_rule;      ///< which rule decided the arrays' size
  std::string loops;          ///< "avx2", ...
  std::string first_touch;    ///< who touched the pages first: "same thread"
  /// Pinning, placement of memory, page size and vectors, one sentence each.
  std::vector<std::string> notes;
};

/// What a measurement of `op` on `pool` will look like when the request leaves it open.
struct HostShape {
  int threads = 1;            ///< one for each core beside the pool
  Bytes bytes_per_array = 0;  ///< by the rule; the caches' floor where the rule cannot be met
};
HostShape host_shape(HostOp op, const machine::Pool& pool);

/// Shortest sample; shorter passes are repeated within it.
inline constexpr double min_host_sample_seconds = 0.02;
/// The same beside a GPU, whose launch queue may hold no more than some ms of work.
inline constexpr double min_shared_sample_seconds = 0.003;

/// Measures and returns what came of it; never fails as a whole. On a simulated machine the data
/// are really moved, by fewer threads and in smaller arrays, and the time is the simulator's.
HostPoolMeasurement measure_host_pool(const HostPoolRequest& request);

}  // namespace peerbench::measure
