// SPDX-License-Identifier: Apache-2.0
// What was said about pairs of GPUs, as lines of evidence. Private to this module.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "machine/machine.hpp"

namespace peerbench::judge {

using Links = std::vector<const machine::PeerLink*>;

Links with(const machine::Machine& machine, auto matches) {
  Links found;
  for (const machine::PeerLink& link : machine.links) {
    if (matches(link)) found.push_back(&link);
  }
  return found;
}

Links all_links(const machine::Machine& machine);

/// Answer and meaning of one line.
using Statement = std::pair<std::string, std::string>;

/// One line for all of `links` about which the same was said, in the order first met; the line
/// names the pairs, of many the first ones. `all`: how many pairs the machine has.
void add_evidence(const std::string& asked, const Links& links, std::size_t all,
                  Statement (*say)(const machine::PeerLink&),
                  std::vector<machine::Evidence>& lines);

/// Whether an NVLink is up, and whether CUDA offers peer access.
Statement describe_nvlink(const machine::PeerLink& link);
Statement describe_access(const machine::PeerLink& link);

/// NVML's word for why peer reads are refused, and what it stands for.
Statement describe_refusal(const machine::PeerLink& link);

}  // namespace peerbench::judge
