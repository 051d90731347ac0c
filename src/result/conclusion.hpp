// SPDX-License-Identifier: Apache-2.0
// What a run comes to, as data: one word for the machine, what each kind of pair of GPUs delivered,
// and the few figures beside it. Made by judge/answer.hpp; the page words it, other formats hand it
// on.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "machine/finding.hpp"
#include "result/words.hpp"

namespace peerbench::result {

/// The machine in one word, the most serious first that is true of it.
enum class Answer {
  corrupt,         ///< data arrived wrong
  hang,            ///< a copy or a collective never ended
  no_gpu,          ///< CUDA offers none
  unknown,         ///< what could not be asked, or what failed, decides
  degraded,        ///< something that is there is down, or narrower than both of its ends can do
  low,             ///< all is up, yet a rate is below what healthy ones reach
  one_pool,        ///< CPU and GPU of one chip share one memory: no peer link, nothing to bridge
  one_gpu,         ///< nothing to be linked to
  no_direct_link,  ///< nothing is broken: between these GPUs there is no direct way
  good,
};

template <>
inline constexpr auto vocabulary<Answer> =
    std::to_array<Word<Answer>>({{Answer::corrupt, "corrupt"},
                                 {Answer::hang, "hang"},
                                 {Answer::no_gpu, "no-gpu"},
                                 {Answer::unknown, "unknown"},
                                 {Answer::degraded, "degraded"},
                                 {Answer::low, "low"},
                                 {Answer::one_pool, "one-pool"},
                                 {Answer::one_gpu, "one-gpu"},
                                 {Answer::no_direct_link, "no-direct-link"},
                                 {Answer::good, "good"}});

/// What joins two GPUs.
enum class Join {
  nvlink,
  pcie,     ///< direct copies over PCIe
  unknown,  ///< direct copies, over what could not be asked
  refused,  ///< the driver allows no direct copies, or fails to enable them
  staged,   ///< only staged copies were measured
};
template <>
inline constexpr auto vocabulary<Join> = std::to_array<Word<Join>>({{Join::nvlink, "nvlink"},
                                                                    {Join::pcie, "pcie"},
                                                                    {Join::unknown, "unknown"},
                                                                    {Join::refused, "refused"},
                                                                    {Join::staged, "staged"}});

/// The range that GPUs like these were measured at by others.
struct Band {
  double low = 0;
  double high = 0;
  std::string source;
};

/// Of several figures that stand for one thing, as of all pairs joined alike.
struct Spread {
  double low = 0;
  double median = 0;
  double high = 0;
};

/// Ordered pairs of GPUs that are joined alike, and what they deliver: of the largest size, of each
/// pair by the engine and the issuer that deliver most. GB/s; both ways is the sum.
struct PeerGroup {
  Join join = Join::staged;
  bool through_switch = false;
  std::optional<int> links_up;       ///< of a pair; none: no NVLink, or not known
  std::optional<int> links_present;  ///< those that are down among them
  /// The driver's word: "GNS"; of access that was offered, why it could not be enabled:
  /// "cudaErrorMapBufferObjectFailed".
  std::string refusal;
  std::vector<std::pair<int, int>> pairs;
  std::optional<Spread> one_way, both_ways;                ///< direct
  std::optional<Spread> staged_one_way, staged_both_ways;  ///< through host memory
  std::optional<double> peak_gbs;                          ///< one way, of the links that are up
  std::optional<double> whole_gbs;                         ///< one way, of all links that are there
  std::optional<double> share;      ///< of peak_gbs that the slowest pair reaches one way, 0 to 1
  std::optional<double> threshold;  ///< the share from which on such a rate is good
  bool low = false;                 ///< a direct rate of these pairs is below its threshold
  /// Source and destination of the slowest pair one way: directly, where there is no direct way
  /// staged. Empty: not measured.
  std::vector<int> slowest;
  /// What others measured of staged copies on such GPUs, one way.
  std::optional<Band> staged_elsewhere;
};

/// Pairs of GPUs, both directions counted once.
inline int pairs_in(const PeerGroup& group) {
  return static_cast<int>(std::ranges::count_if(group.pairs, [&](const auto& pair) {
    const std::pair back(pair.second, pair.first);
    return pair.first < pair.second || std::ranges::count(group.pairs, back) == 0;
  }));
}

/// Whether NVLinks between such pairs are there and down.
inline bool partly_down(const PeerGroup& group) {
  return group.links_up && group.links_present.value_or(0) > *group.links_up;
}

/// What such a pair would carry one way with all of its links, by what those that are up do: GB/s;
/// where one is up and a rate was measured.
inline double rate_of_all_links(const PeerGroup& group) {
  return group.one_way->median * *group.links_present / *group.links_up;
}

/// The other lines of the answer.
enum class Measured {
  all_reduce,    ///< NCCL's, the largest size: busbw
  host_link,     ///< copies of pinned memory to the GPU
  gpu_memory,    ///< copies within a GPU's memory, read + written
  gpu_on_host,   ///< a GPU's kernels on the CPU's memory, over C2C
  host_memory,   ///< all cores of a NUMA node on its memory
  gpu_on_pool,   ///< alone, on the one pool
  cpu_on_pool,   ///< alone, on the one pool
  both_on_pool,  ///< GPU and CPU at once, on the one pool
};

template <>
inline constexpr auto vocabulary<Measured> =
    std::to_array<Word<Measured>>({{Measured::all_reduce, "all-reduce"},
                                   {Measured::host_link, "host-link"},
                                   {Measured::gpu_memory, "gpu-memory"},
                                   {Measured::gpu_on_host, "gpu-on-host"},
                                   {Measured::host_memory, "host-memory"},
                                   {Measured::gpu_on_pool, "gpu-on-pool"},
                                   {Measured::cpu_on_pool, "cpu-on-pool"},
                                   {Measured::both_on_pool, "both-on-pool"}});

/// GB/s of all GPUs or nodes alike; what was not measured is empty.
struct AnswerLine {
  Measured what = Measured::host_link;
  std::optional<Spread> one_way = {}, both_ways = {};
  std::optional<Spread> read = {}, write = {}, copy = {};
  std::optional<double> share = {};  ///< of the peak, the lowest of its one-way, read or copy cells
  std::optional<bool> good = {};     ///< none: not rated
  std::optional<Bytes> bytes = {};   ///< of one operation, where the size matters
  std::string over = {};             ///< "PCIe 4.0 x16", "NVLink-C2C", "P2P"
  int members = 0;                   ///< GPUs of a collective, cores of a node
};

struct Conclusion {
  Answer answer = Answer::unknown;
  std::vector<PeerGroup> groups;
  std::vector<AnswerLine> lines;
  /// Names carry their unit: "small_copy_direct_us", "cpu_load_ns", "one_to_all_gbs".
  machine::Figures figures;
  /// Findings that make a machine `degraded` or `unknown`, or say why it is `corrupt` or a `hang`;
  /// most serious first.
  std::vector<machine::FindingCode> causes;
  int measured = 0;  ///< cells that were measured: ok
  int failed = 0;    ///< cells that ended in error
};

}  // namespace peerbench::result
