// SPDX-License-Identifier: Apache-2.0
// The result of a run: cells, each one measured figure with its samples, status and reason.
// This is the model behind peerbench.result/1 (result.schema.json); report/ only reads it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "machine/machine.hpp"
#include "result/cell_key.hpp"
#include "result/conclusion.hpp"
#include "result/estimate.hpp"
#include "result/verdict.hpp"

namespace peerbench::result {

inline constexpr const char* schema_name = "peerbench.result/1";

enum class Status { ok, corrupt, hang, unsupported, skipped, error };
template <>
inline constexpr auto vocabulary<Status> =
    std::to_array<Word<Status>>({{Status::ok, "ok"},
                                 {Status::corrupt, "corrupt"},
                                 {Status::hang, "hang"},
                                 {Status::unsupported, "unsupported"},
                                 {Status::skipped, "skipped"},
                                 {Status::error, "error"}});

/// Why a cell was skipped.
enum class Skip {
  after_hang,    ///< another cell never ended, and the driver may answer no more
  context_lost,  ///< CUDA reported what only a new process recovers from
  gpu_lost,      ///< one of its GPUs has gone
  time_limit,    ///< it was not expected to end within --time-limit
};
template <>
inline constexpr auto vocabulary<Skip> =
    std::to_array<Word<Skip>>({{Skip::after_hang, "after-hang"},
                               {Skip::context_lost, "context-lost"},
                               {Skip::gpu_lost, "gpu-lost"},
                               {Skip::time_limit, "time-limit"}});

/// What ended a run before all of its cells were measured.
enum class Interruption { sigint, sigterm };
template <>
inline constexpr auto vocabulary<Interruption> = std::to_array<Word<Interruption>>(
    {{Interruption::sigint, "SIGINT"}, {Interruption::sigterm, "SIGTERM"}});

/// not_judged: the ceiling is known, but not which share of it would be low.
enum class Verdict { good, low, no_ceiling, not_judged };
template <>
inline constexpr auto vocabulary<Verdict> =
    std::to_array<Word<Verdict>>({{Verdict::good, "good"},
                                  {Verdict::low, "low"},
                                  {Verdict::no_ceiling, "no-ceiling"},
                                  {Verdict::not_judged, "not-judged"}});

enum class Counts { one_way, traffic, algbw, busbw, none };
struct CountsWord : Word<Counts> {
  const char* rule;  ///< in a table's note; "": nothing to say
};
template <>
inline constexpr auto vocabulary<Counts> =
    std::to_array<CountsWord>({{{Counts::one_way, "one-way"}, "one-way bytes"},
                               {{Counts::traffic, "traffic"}, "bytes read + written"},
                               {{Counts::algbw, "algbw"}, "algbw"},
                               {{Counts::busbw, "busbw"}, "busbw"},
                               {{Counts::none, "none"}, ""}});

enum class Outcome { met, not_met, cannot_tell };
template <>
inline constexpr auto vocabulary<Outcome> = std::to_array<Word<Outcome>>(
    {{Outcome::met, "met"}, {Outcome::not_met, "not-met"}, {Outcome::cannot_tell, "cannot-tell"}});

/// A reference figure and where it comes from.
struct Reference {
  double value = 0;  ///< in the cell's unit
  std::string source;
};

/// One transfer's own rate inside a cell of several.
struct Flow {
  std::string src, dst, issuer;
  std::optional<double> median;  ///< in the cell's unit, over the transfer's own window
};

/// One measured figure. Text fields that do not apply stay empty and are left out of the file;
/// numbers that were not measured stay empty and are written as null.
struct Cell {
  std::string name;    ///< e.g. "peer/ce/push/uni/gpu0-gpu1/bytes:268435456"
  CellKey key;         ///< what the name says, and the attributes below as words
  std::string family;  ///< first part of the name: "peer", "pool", "host", ...
  std::string engine;  ///< "ce", "sm", "cpu", "nccl"
  Status status = Status::skipped;
  std::string reason;  ///< a sentence a person can act on; for ok cells how sampling ended
  std::string op;      ///< "copy", "read", "write", "triad"
  std::string issuer, src, dst;  ///< "gpu0", "host0"
  std::string kind;              ///< "push", "pull", "staged", "h2d", "d2h", "local"
  std::string direction;         ///< "uni", "bi", "one-to-all", ...
  std::optional<bool> peer_access;
  std::string memory;  ///< "device", "pinned", "pageable", ...
  std::string first_touch;
  std::string cores;  ///< which ones the threads run on: "one", "big", "cluster0"; "": all
  std::optional<int> threads;
  std::vector<int> gpus;  ///< that take part, where they are not a pair
  std::optional<int> ranks;
  std::string dtype;
  /// That the host's memory of a copy was to lie on; where the machine has several.
  std::optional<int> numa_node;
  std::optional<Bytes> bytes;  ///< of one copy or array
  Counts counts = Counts::none;
  std::string counting_rule;  ///< in words: "bytes read + written over the common window"
  std::string unit = "GB/s";
  std::optional<double> median, min, max, p05, p95, cv;
  int n = 0;
  std::optional<double> time_us;  ///< of a collective: one operation, median
  std::optional<double> algbw;    ///< the same as bytes / time, GB/s
  std::string stop;               ///< "precision", "budget", or why sampling ended
  /// false: the values were still changing when warm-up ended, by its number of samples or half of
  /// the time budget
  std::optional<bool> settled;
  std::vector<double> samples;  ///< in `unit`, in the order taken
  std::vector<Flow> flows;
  std::optional<Reference> ceiling;
  std::optional<Band> band;
  std::optional<double> efficiency;  ///< median / ceiling
  /// Median of the pairs of GPUs joined alike where this pair lies far below it; in `unit`.
  std::optional<double> below_peers;
  Verdict verdict = Verdict::no_ceiling;
  std::optional<Basis> basis;  ///< none: read from a file that was written before it was kept
  std::string verdict_reason;  ///< verdict_sentence()
  std::string wire;            ///< "nvlink", "pcie", "host", "nvlink+pcie", "" when not proven
  std::string transport;
  std::optional<bool> verified;
  std::vector<std::string> notes;  ///< how it was measured: placement, page size, vector width, ...
  /// Of a cell that is not ok: what CUDA or NCCL calls the error that ended it,
  /// "cudaErrorMapBufferObjectFailed"; empty where no call of theirs failed.
  std::string error;
  std::optional<Skip> skip;  ///< of a skipped cell; none: a file of before it was kept
};

/// The line t = latency + bytes / rate through the sizes of one way of copying.
struct Fit {
  std::string name;             ///< of its cells, without the bytes: "peer/ce/push/uni/gpu0-gpu1"
  double latency_us = 0;        ///< what a copy costs before its first byte
  double rate_gbs = 0;          ///< counted as the cells count
  double half_rate_bytes = 0;   ///< a copy of this size reaches half of that rate
  int points = 0;               ///< sizes it was made of
  double largest_residual = 0;  ///< of a size, as a share of its duration
};

using machine::Finding;

/// What a requirement of `peerbench check` came to: on a machine (--require), or on the cells of a
/// run (--min, --baseline).
struct Check {
  std::string requirement;  ///< as it was asked: "nvlink", "peer/*>=45GB/s"
  Outcome outcome = Outcome::cannot_tell;
  std::string reason;                       ///< one sentence: why this outcome
  std::vector<machine::Evidence> evidence;  ///< who said what, with the raw answer
  std::string advice;                       ///< what to do next; empty where it is met
};

struct Simulated {
  std::string machine;  ///< name of the machine file
};

/// The saved signals that the machine was described from, instead of asking this one.
struct Replayed {
  std::string file;   ///< its name without folders: those may tell of a user
  std::string saved;  ///< UTC, as `started`; empty in a file typed by hand
};

/// Messages of a model that is split over GPUs, measured in place of all else.
struct SplitMessages {
  std::string model;        ///< its name
  int hidden = 0;           ///< elements of one token's activations, two bytes each
  std::vector<int> tokens;  ///< of a step, one message size for each
  int cards = 0;            ///< the first so many of the GPUs; 0: all
};

struct Settings {
  double precision = 0.01;    ///< relative half-width of the 95 % interval of the median
  double budget_seconds = 0;  ///< host time one cell may sample for
  /// Host time for which each pair's transfers are repeated, in place of all else; none: no soak.
  std::optional<double> soak_seconds;
  /// Host time for the whole command; cells that would not end within it are skipped; none: no
  /// limit.
  std::optional<double> time_limit_seconds;
  std::vector<Bytes> sizes;                ///< empty: chosen by rule
  std::vector<int> gpus;                   ///< empty: all
  std::vector<std::pair<int, int>> pairs;  ///< empty: all
  std::string filter;  ///< a regular expression searched for in cells' names, or one cell's name
  bool full = false;   ///< cells of the full tier too, where there is no filter
  std::optional<SplitMessages> split;  ///< none: what the machine has
};

/// Whether `gpus` and `pairs` leave in what is done between the two GPUs, in either direction; of
/// one GPU alone (from == to) whether `gpus` do, where there are no `pairs`.
bool selected(const Settings& settings, int from, int to);

/// The NUMA node of the host's memory that a GPU copies or reads, where that is not the GPU's own;
/// none: it is, or that is not known, or nothing of the host's takes part.
std::optional<int> far_node(const machine::Machine& machine, const CellKey& key);

struct Tool {
  std::string name = "peerbench";
  std::string version;
  std::string git;  ///< revision it was built from, empty when not known
};

struct Run {
  Tool tool;
  std::string started;  ///< UTC, ISO 8601, "2026-01-31T12:00:00Z"
  /// Cells that were to be measured; none: nothing was, or a file of before it was kept.
  std::optional<int> planned;
  std::optional<std::string> ended;         ///< as `started`; none: not yet, or nothing was planned
  std::optional<Interruption> interrupted;  ///< the signal that ended it early
  std::optional<Simulated> simulated;
  std::optional<Replayed> signals;
  machine::Machine machine;
  Settings settings;
  std::vector<Cell> cells;
  std::vector<Fit> fits;  ///< of ways measured at three sizes or more
  std::vector<Finding> findings;
  std::optional<Conclusion> conclusion;  ///< none: written before there was one, or not yet ended
  std::vector<Estimate> estimates;       ///< of split models; see `peerbench estimate`
  std::vector<Check> checks;             ///< of `peerbench check`; empty for every other run
};

/// Whether cells are missing that the run was to measure: a signal ended it, or it was killed, or
/// it still goes on. Of a file of before that was kept it is not known, and false.
inline bool is_unfinished(const Run& run) { return run.planned && (!run.ended || run.interrupted); }

}  // namespace peerbench::result
