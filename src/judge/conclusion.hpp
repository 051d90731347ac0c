// SPDX-License-Identifier: Apache-2.0
// What a run comes to: from its cells, its findings and what joins the GPUs, never from their
// names. Pure functions.
#pragma once

#include <vector>

#include "result/run.hpp"

namespace peerbench::judge {

/// The whole conclusion. Cells must have been judged, findings made; a run that ended early is
/// concluded from what there is.
result::Conclusion conclude(const result::Run& run);

/// Ordered pairs that are joined alike, best joined first; of the largest size that was measured.
/// Pairs of which nothing was measured and nothing is known to be refused are left out.
std::vector<result::PeerGroup> peer_groups(const result::Run& run);

/// The figures beside those of pairs, each line once for all GPUs or nodes, in the order of
/// `Measured`.
std::vector<result::AnswerLine> answer_lines(const result::Run& run);

/// Latencies and rates of many transfers at once, for sentences; what was not measured is absent:
/// "small_copy_direct_us", "small_copy_staged_us" (the slowest pair's), "small_copy_bytes",
/// "cpu_load_ns", "cpu_load_beside_gpu_ns", "disjoint_pairs_gbs", "one_to_all_gbs",
/// "all_to_one_gbs", "host_copy_gbs" (within one pool), "pool_reads_apart" (how far a GPU's reads
/// of all kinds of memory lie apart, as a share of the lowest).
machine::Figures answer_figures(const result::Run& run);

}  // namespace peerbench::judge
