// SPDX-License-Identifier: Apache-2.0
// Why a cell has its verdict, as data. Its sentences follow from the cause and the figures, in
// verdict.cpp and nowhere else; docs/verdicts.md lists the causes, which stay what they are.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "machine/finding.hpp"

namespace peerbench::result {

struct Cell;

/// Of the verdict `good` there is one cause, of `low` there are the places to look at, of
/// `no-ceiling` what is not known, of `not-judged` what keeps a rate from telling of its link.
enum class Cause {
  reached,

  c2c_slow,
  host_link_slow,
  pcie_peer_slow,
  links_down,
  link_slow,

  nothing_measured,
  duration,
  several_pairs,
  staged,
  pageable,
  unlike_links,
  far_node,
  within_pool,
  host_link_unread,
  first_touch,
  memory_unknown,
  pair_unknown,
  link_unconfirmed,
  pcie_unread,
  nvlink_rate_unread,
  above_memory,
  above_link,

  collective,
  cores_alone,
  too_small,
  still_rising,
};

const char* to_string(Cause value);  ///< "links-down"
std::span<const Cause> all_causes();

/// What a verdict rests on beside the cell's rate, share and ceiling.
struct Basis {
  Cause cause = Cause::nothing_measured;
  std::optional<double> threshold = {};  ///< share of the ceiling from which a rate is good, 0 to 1
  std::string source = {};               ///< of the threshold: healthy figures that lie above it
  machine::Figures figures = {};  ///< "links_up", "links_present", "us_at_ceiling", "memory_mhz"
  machine::Quotes quotes = {};    ///< what a driver said, and what else has a name
};

/// "72 % of 450.00 GB/s, healthy links reach 80 % and more: ...". Empty without a basis.
std::string verdict_sentence(const Cell& cell);

/// Whether the sentence begins with the share of the ceiling.
bool tells_share(const Cell& cell);
/// The sentence without that share, so that cells which differ in it only have one remark.
std::string verdict_remark(const Cell& cell);
/// What to do about a low rate; empty for every other verdict.
std::string low_rate_advice(const Cell& cell);
/// What keeps its rate from being judged, for a remark on many; for `not-judged` cells.
std::string why_not_judged(const Cell& cell);

}  // namespace peerbench::result
