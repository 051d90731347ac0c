// SPDX-License-Identifier: Apache-2.0
// What became of a machine's links between two runs. Private to this module.
#pragma once

#include <string>
#include <vector>

#include "machine/machine.hpp"

namespace peerbench::judge {

struct LinkChange {
  std::vector<std::string> lost;  ///< "gpu0 -> gpu1: 3 NVLinks up, 4 before"
  bool gained = false;            ///< somewhere a link is wider or faster than before
};

/// Compares pairs and GPUs of the same numbers; what is not known on either side is left out.
/// PCIe ways are compared by lanes times rate, which doubles with each generation.
LinkChange link_change(const machine::Machine& before, const machine::Machine& now);

}  // namespace peerbench::judge
