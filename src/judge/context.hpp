// SPDX-License-Identifier: Apache-2.0
// Under what conditions runs were measured, and whether those are alike. Private to this module.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "result/comparison.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// GPUs, class, driver, CUDA, links, peer access, PCIe, sizes of copies between GPUs, simulated
/// or measured, IOMMU and ACS, version of the program: one line each, in words.
std::vector<result::ContextLine> context(std::span<const result::Run> runs);

/// Why `run` was not measured as `baseline` was, so that a difference of their figures says nothing
/// of the machine: simulated against measured, other GPUs, class, driver or CUDA, links that are
/// wider now. Links that were lost since (fewer NVLinks up, a slower PCIe way) are no such reason,
/// but what a check should find.
std::vector<result::ContextLine> unlike(const result::Run& baseline, const result::Run& run);

/// Links that `run` has lost since `baseline`: "gpu0 -> gpu1: 3 NVLinks up, 4 before".
std::vector<std::string> lost_links(const result::Run& baseline, const result::Run& run);

}  // namespace peerbench::judge
