// SPDX-License-Identifier: Apache-2.0
// What pairs of GPUs deliver, in the words of the verdict. Private to this module.
#pragma once

#include <string>
#include <vector>

#include "result/conclusion.hpp"

namespace peerbench::report {

/// ", 91 % of their 56.25 GB/s", where `of` is "their "; empty where the peak is not known.
std::string of_peak(const result::PeerGroup& group, const char* of);

/// " Healthy links reach 75 % and more."; empty where that is not known.
std::string healthy(const result::PeerGroup& group);

/// "; the slowest is gpu4 -> gpu6"; empty where all are alike or there is nothing to choose from.
std::string slowest(const result::PeerGroup& group);

/// How pairs joined alike work where they are the only ones.
std::string group_works(const result::PeerGroup& group);

/// "21 pairs: 5 over PCIe at 1.60-13.2 GB/s; 16 refused, staged at 1.59-6.17 GB/s."
std::string groups_phrase(const std::vector<result::PeerGroup>& groups);

}  // namespace peerbench::report
