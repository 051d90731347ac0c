// SPDX-License-Identifier: Apache-2.0
// What the reads of a run say about whose memory it was that kernels read.
#pragma once

#include "result/run.hpp"

namespace peerbench::judge {

/// Adds the behaviour of each GPU's memory to the machine's evidence and proof, and to the run's
/// findings where it contradicts the attributes (machine/behaviour.hpp). Takes the read kernels of
/// family "pool" that are ok.
void join_pool_reads(result::Run& run);

}  // namespace peerbench::judge
