// SPDX-License-Identifier: Apache-2.0
// Builders from a run to what is shown of it: pure functions, no format, no arithmetic beyond the
// ratio of two figures printed in the same row.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "report/document.hpp"
#include "report/terms.hpp"
#include "report/view.hpp"
#include "result/comparison.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// Copies between GPUs: for up to three pairs a row a direction and a table of both ways at once,
/// for more a matrix for each way and engine. One set for each size.
std::vector<Table> peer_tables(const result::Run& run);

/// Small copies between GPUs, in microseconds: few pairs in rows, more in a matrix for each kind.
std::vector<Table> latency_tables(const result::Run& run);

/// Flags between kernels of two GPUs: half of a round trip.
std::vector<Table> flag_tables(const result::Run& run);

/// Loads by kernels that wait for each other: of peers, of the host, of the GPU's own memory; then
/// those that are page faults.
std::vector<Table> load_tables(const result::Run& run);

/// Many copies between GPUs at once: their total, and what of it each flow got.
std::vector<Table> many_flow_tables(const result::Run& run);

/// Copies between host and GPU, each way and both at once.
std::vector<Table> host_tables(const result::Run& run);

/// What the memory pools deliver, the GPUs' own and the host's; one table where they are one pool.
std::vector<Table> pool_tables(const result::Run& run);

/// Cores of one NUMA node on the memory of another, a matrix for each operation; empty if there is
/// none.
std::vector<Table> numa_tables(const result::Run& run);

/// How long a load takes that nothing can fetch ahead; empty if there is none.
std::vector<Table> chase_tables(const result::Run& run);

/// Start and rate of each way of copying that was measured at several sizes; empty if there is
/// none.
std::vector<Table> fit_tables(const result::Run& run);

/// Collectives of NCCL: time, algbw and busbw; one for each set of GPUs, type and way to launch.
std::vector<Table> collective_tables(const result::Run& run);

/// Messages of the split model of run.settings, tokens by ways across; empty without one.
std::vector<Table> split_tables(const result::Run& run);

/// The run's last estimate, which says nothing that was measured; empty without one.
std::vector<Table> estimate_tables(const result::Run& run);

/// All of the tables above, and those of cells that none of them shows, in the order of the page.
std::vector<Table> figure_tables(const result::Run& run, std::span<const TableGroup> groups);

/// Cells that no other table shows, by name; so that none is ever left out. Empty if there are
/// none.
std::vector<Table> other_tables(const result::Run& run);

/// The page for a run, with as many tables as are asked for.
Document run_document(const result::Run& run, const RunView& view);

/// The tables alone, for where the page stands elsewhere.
Document tables_document(const result::Run& run);

/// The one line of the verdict, its word first; without `identify` no UUIDs are in it.
std::string verdict_line(const result::Run& run, bool identify = false);

/// The page of `peerbench machine`: what is in the box, the class, and why. Cells are ignored.
Document machine_document(const result::Run& run);

/// The page of `peerbench compare`: what differs between the machines, then figures side by side.
Document compare_document(const result::Comparison& comparison);

/// The page of `peerbench estimate`: the last estimate of each run side by side.
Document estimate_document(std::span<const result::Run> runs);

/// The page of `peerbench check`: what was required, what it came to, and why.
Document check_document(const result::Run& run);

/// What a term means; and the list of all, by what they are about.
Document term_document(const Term& term);
Document terms_document();

/// The same below the page of a run that was checked as it ended; nothing where it was not.
void add_checks(const result::Run& run, Document& document);

/// "not met: p2p; met: gpus=2".
Text check_summary(const std::vector<result::Check>& checks);

}  // namespace peerbench::report
