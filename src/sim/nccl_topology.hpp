// SPDX-License-Identifier: Apache-2.0
// Reads a machine from the topology that NCCL writes where NCCL_TOPO_DUMP_FILE tells it to, or that
// clouds give it by NCCL_TOPO_FILE. It has GPUs, PCIe, NUMA nodes and NVLinks, and no rates: what
// it does not say takes the defaults of machines/README.md.
#pragma once

#include <string>

#include "sim/error.hpp"
#include "sim/machine_file.hpp"

namespace gpusim {

/// Whether a file's text is XML rather than JSON.
bool is_xml(const std::string& text);

/// The machine that the XML in `text` describes, named after `path`. A usage error where it is no
/// XML, no topology of NCCL, or names no GPU.
Expected<MachineFile> parse_nccl_topology(const std::string& text, const std::string& path);

}  // namespace gpusim
