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
  Pages pages = Pages::huge;
  /// Pinned or managed memory of the CUDA driver with `gpu` as its device; none: pageable memory.
  /// The CPU touches it only while no kernel of that GPU runs: the caller sees to that.
  std::optional<MemoryKind> driver_memory = {};
  int gpu = 0;
  const kernels::HostLoops* loops = nullptr;  ///< null: the widest that this CPU has
  /// What a GPU does all the while that the CPU works.
  std::optional<Transfer> background_load = {};
  /// For tests: changes the arrays between measuring and verifying.
  std::function<void(std::span<const HostArray>)> before_verification = {};
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

/// Measures and returns what came of it; never fails as a whole. Each sample is taken within
/// `around`; null: nothing else is under way. On a simulated machine the data are really moved, by
/// fewer threads and in smaller arrays, and the time is the simulator's.
Measurement measure_host_pool(const HostPoolRequest& request, const MeasureOptions& options,
                              const Around& around = {});

/// What verification of the host's memory found, with what to do about it; empty where that is.
std::string with_advice(const std::string& wrong);

}  // namespace peerbench::measure
