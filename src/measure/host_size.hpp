// How large the arrays of a pool measurement are: beyond the caches, within the memory that is
// free. A pure rule, so that every branch of it can be tested and printed.
#pragma once

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
};

struct HostSize {
  Bytes bytes_per_array = 0;
  std::string rule;  ///< one sentence: which part of the rule decided, with its figures
};

/// Each array at least 4 times the caches, all arrays together at least 1 GiB, and at most 25 % of
/// the available memory; where the pool has 16 GiB or more, 8 GiB of it stay free. Where that is
/// too little for 1 GiB the arrays shrink, but never below 4 times the caches: then the error is
/// `unsupported`. A size that was asked for is taken as long as it can be had.
/// Multiples of 2 MiB (asked sizes: of 8 bytes).
Expected<HostSize> choose_host_size(const HostSizeQuestion& question);

}  // namespace peerbench::measure
