// SPDX-License-Identifier: Apache-2.0
// How large the arrays of a pool measurement are: beyond the caches, within the memory that is
// free. A pure rule, so that every branch of it can be tested and printed.
#pragma once

#include <algorithm>
#include <string>

#include "base/units.hpp"

namespace peerbench::measure {

/// What the rule depends on; see machine::Pool for the fields' meaning.
struct HostSizeQuestion {
  int arrays = 1;             ///< that live at the same time
  Bytes asked = 0;            ///< for each array; 0: by rule
  Bytes cache_bytes = 0;      ///< all last-level caches of the pool, summed; 0: not known
  Bytes available_bytes = 0;  ///< memory that can be taken without swapping
  Bytes total_bytes = 0;      ///< all memory of the pool
  Bytes wanted_bytes = GiB;   ///< of all arrays together
};

/// What arrays of a GPU's own memory should have together: a kernel over them should last long
/// against the 5 us that one costs by itself. H200: 1 ms for 4 GiB (NVIDIA/cccl issue 2086: 4.26
/// TB/s of 0.8 GB, 4.43 of 12.9 GB). From 40 GiB on at least 1 % of the memory.
inline constexpr Bytes wanted_of_gpu(Bytes memory_bytes) {
  return std::max<Bytes>(4 * GiB, memory_bytes > 40 * GiB ? memory_bytes / 100 : 0);
}

struct HostSize {
  Bytes bytes_per_array = 0;
  std::string rule;  ///< one sentence: which part of the rule decided, with its figures
};

/// Each array at least 4 times the caches, all arrays together as much as is wanted, and at most
/// 25 % of the available memory; where the pool has 16 GiB or more, 8 GiB of it stay free. Where
/// that is too little for what is wanted the arrays shrink, but never below 4 times the caches:
/// then the error is `unsupported`. A size that was asked for is taken as long as it can be had.
/// Multiples of 2 MiB (asked sizes: of 8 bytes).
Expected<HostSize> choose_host_size(const HostSizeQuestion& question);

}  // namespace peerbench::measure
