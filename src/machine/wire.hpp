// SPDX-License-Identifier: Apache-2.0
// Which wire carried what was copied between GPUs, as their NVLink byte counters prove it.
#pragma once

#include <string>
#include <vector>

#include "base/units.hpp"
#include "machine/health.hpp"
#include "machine/machine.hpp"

namespace peerbench::machine {

/// Bytes copied from one GPU to another, all copies together.
struct PeerTraffic {
  int from = 0;
  int to = 0;
  Bytes bytes = 0;
};

struct Wire {
  std::string name;     ///< "nvlink", "pcie", "host", "nvlink+pcie"; empty: not proven
  std::string note;     ///< why it is not proven, where that is worth saying
  bool around = false;  ///< copies that were to go through the host moved the NVLink counters
  bool stuck = false;   ///< the counters stood still although NVLink should have moved them
};

/// Rule: NVLink carried the bytes when its counters (all senders' or all receivers', whichever
/// moved further) moved by at least half and at most twice what was copied over pairs with an
/// NVLink, and it carried none when they moved by less than a hundredth. What it did not carry went
/// over PCIe directly with peer access, and through the host without it. Of pairs with and without
/// an NVLink at once it is "nvlink+pcie" when the counters moved nearer to the share of those with
/// one than to all. Less than 1 MiB in all
/// proves nothing: the counters count KiB, and other traffic may be as much. Counters that were
/// found stuck before (`stuck`) prove nothing by standing still.
Wire wire(const std::vector<PeerTraffic>& flows, bool peer_access,
          const std::vector<GpuTraffic>& counted, const Machine& machine, bool stuck = false);

}  // namespace peerbench::machine
