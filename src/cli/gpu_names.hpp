// SPDX-License-Identifier: Apache-2.0
// GPUs as people name them: by CUDA's number (0), by a UUID or its beginning (GPU-1a2b, MIG-1a2b),
// by PCI address (0000:41:00.0, 41:00.0, 41:00). Read while the command line is parsed, and turned
// into CUDA's numbers once the machine is known, here and nowhere else.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::cli {

struct GpuName {
  enum class Kind { number, uuid, pci };
  Kind kind = Kind::number;
  std::string text;  ///< as it was written
  int number = 0;    ///< where it is one
  bool operator==(const GpuName&) const = default;
};

/// What --gpus and --pairs say; empty lists: nothing.
struct GpuSelection {
  std::vector<GpuName> gpus;
  std::vector<std::pair<GpuName, GpuName>> pairs;
  bool empty() const { return gpus.empty() && pairs.empty(); }
};

/// "0,GPU-1a2b,0000:41:00.0"
Expected<std::vector<GpuName>> parse_gpus(const std::string& text);

/// "0-1,GPU-1a2b..GPU-3c4d": two dots stand between any two names, a dash between numbers and PCI
/// addresses, which have none themselves.
Expected<std::vector<std::pair<GpuName, GpuName>>> parse_pairs(const std::string& text);

/// Puts the numbers of the GPUs that `selection` names into `settings`, each GPU and pair once. A
/// name that no visible GPU has, or several, is a usage error that lists the GPUs; `identify`: with
/// their UUIDs.
Expected<void> select_gpus(const GpuSelection& selection, const machine::Machine& machine,
                           bool identify, result::Settings& settings);

}  // namespace peerbench::cli
