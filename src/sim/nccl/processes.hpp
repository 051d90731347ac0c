// SPDX-License-Identifier: Apache-2.0
// Ranks of one communicator in several processes: each process simulates a machine of its own, so
// they are refused, on both sides.
#pragma once

#include <nccl.h>

namespace gpusim {

/// Marks an id as made by this process, which from now on hears of refusals.
void sign(ncclUniqueId& id);

/// Whether this process made it. If not, says so on stderr and tells the process that did.
bool check_own(const ncclUniqueId& id);

/// Whether another process was refused that came with this id.
bool refused_elsewhere(const ncclUniqueId& id);

}  // namespace gpusim
