// SPDX-License-Identifier: Apache-2.0
// Ours against plain loops, in one process and on the same threads: sample by sample in turn, so
// that a machine that slows down or speeds up does so for both.
#pragma once

#include <string>
#include <vector>

#include "kernels/host_loops.hpp"
#include "measure/host_content.hpp"

namespace peerbench::baseline {

struct Comparison {
  std::vector<double> ours;   ///< traffic in GB/s, in the order taken
  std::vector<double> plain;  ///< the same for the plain loops; element i beside element i of ours
  /// Ours over plain by the time that the slowest thread had a core: what a machine that is busy
  /// with other work lets through of the wall's ratio.
  std::vector<double> core_ratios;
  int threads = 0;
  Bytes bytes_per_array = 0;
  double huge_share = 0;  ///< of our arrays that lies in huge pages

  std::vector<double> ratios() const;  ///< ours over plain, pair by pair
};

/// Compares `rounds` pairs of passes of one operation. Both sides use all cores of the machine,
/// pinned, arrays of the size the pool's rule gives, first touched by the thread that uses them;
/// the plain side's come from malloc and lie in 4 KiB pages. Error: what could not be set up, or
/// wrong data.
Expected<Comparison> compare(measure::HostOp op, const kernels::HostLoops& loops,
                             measure::Pages pages, int rounds);

}  // namespace peerbench::baseline
