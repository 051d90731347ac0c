// SPDX-License-Identifier: Apache-2.0
// What a cell measures, for whoever watches it being measured.
#pragma once

#include <string>

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// "GPU 0 to GPU 1 over NVLink, copy engine, 64 MiB", "NCCL all-reduce over 2 GPUs, 1 GiB"; of a
/// cell without figures yet.
std::string describe_work(const result::Cell& cell, const machine::Machine& machine);

}  // namespace peerbench::report
