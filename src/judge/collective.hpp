// SPDX-License-Identifier: Apache-2.0
// Collectives beside the links they run over: ceilings, and contradictions between what NCCL says
// it used and what the pairs delivered.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "result/run.hpp"

namespace peerbench::judge {

/// The one-way rate that no rings over these GPUs exceed: what the GPU with the least NVLinks to
/// the others has of them, where three or more are joined by NVLinks from GPU to GPU; else that
/// of the slowest pair where all pairs are joined alike. None where that is not known.
std::optional<result::Reference> collective_ceiling(const machine::Machine& machine,
                                                    const result::Cell& cell);

/// Settings of NCCL as the environment has them: name and value.
using NcclSettings = std::vector<std::pair<std::string, std::string>>;

/// A finding for each set of GPUs whose pairs have a fast direct way while NCCL went through shared
/// memory or the network, with the setting that explains it.
std::vector<machine::Finding> collective_findings(const result::Run& run,
                                                  const NcclSettings& settings);

}  // namespace peerbench::judge
