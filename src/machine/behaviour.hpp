// SPDX-License-Identifier: Apache-2.0
// What a GPU's memory is by what its kernels read, whatever its attributes say: on a single chip it
// makes no difference who allocated what they read, elsewhere the host's memory is a link away.
#pragma once

#include <string>
#include <vector>

#include "base/memory_kind.hpp"
#include "machine/machine.hpp"

namespace peerbench::machine {

/// Rate at which kernels of one GPU read memory had in one way.
struct ReadRate {
  peerbench::MemoryKind memory = peerbench::MemoryKind::device;
  double gbs = 0;
};

enum class Pools {
  one,       ///< all rates agree within the run-to-run band
  separate,  ///< the host's memory is read slower by a factor
  unclear,   ///< neither, or too little was measured
};

/// Rates of one pool differ by no more from run to run: 6.5 % were seen on a DGX Spark over a day.
inline constexpr double run_to_run_band = 0.10;
/// The host's memory counts as another one where it is read slower than the GPU's by so much.
inline constexpr double separate_factor = 1.5;

/// Needs the rate of device memory and of the host's: pinned, or pageable where that is missing.
Pools pools_by_reads(const std::vector<ReadRate>& rates);

/// Adds what the reads of GPU `ordinal` say to the machine's evidence, to its proof where it has
/// one, and to its findings where that contradicts what the GPU's attributes say. Nothing where too
/// little was measured.
void add_behaviour(Machine& machine, int ordinal, const std::vector<ReadRate>& rates);

}  // namespace peerbench::machine
