// SPDX-License-Identifier: Apache-2.0
// Which share of its ceiling a cell reaches, also where some of its NVLinks are down. Private to
// this room.
#pragma once

#include <optional>
#include <string>

#include "judge/limits.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// A share of a ceiling, 0 to 1. Where links of the pair are down and count, what the others alone
/// would make of it as well.
struct LimitShare {
  double share = 0;
  double ceiling = 0;      ///< of which it is the share, in the cell's unit
  double of_links_up = 0;  ///< share of what the links that are up can carry
  int links_up = 0;        ///< below links_present where some are down and count
  int links_present = 0;
};

/// For the two kinds of limits that are shares, of a cell with a median. None where the ceiling is
/// not known, as that of NVLinks which are all down, or of a collective of several pairs of which
/// one has a link down.
std::optional<LimitShare> share_of(const result::Run& run, const result::Cell& cell,
                                   Limit::Kind kind);

/// "90.7 % of the ceiling 56.25 GB/s"; "68.0 % of the 56.25 GB/s of all 4 NVLinks (90.7 % of the 3
/// that are up)".
std::string describe_share(const LimitShare& share, const std::string& unit);

}  // namespace peerbench::judge
