// SPDX-License-Identifier: Apache-2.0
// Reads the PCIe links again while the GPUs work: idle GPUs lower their generation, so what was
// read at discovery says little about what carries the copies.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "machine/nvml.hpp"

namespace peerbench::machine {

class PcieWatch {
 public:
  /// Starts NVML unless it was left behind at discovery; then nothing is ever read.
  PcieWatch();

  /// Generation and width of these GPUs' links now; keeps the fastest in `under_load`. GPUs without
  /// a PCIe link of their own, and those NVML does not find, stay as they are.
  void read(const std::vector<int>& gpus, Machine& machine) const;

 private:
  std::optional<Nvml> nvml_;
};

}  // namespace peerbench::machine
