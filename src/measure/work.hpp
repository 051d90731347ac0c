// SPDX-License-Identifier: Apache-2.0
// Whatever can be measured, and the one way to do it: a plan of transfers, loops or dependent loads
// of CPU threads, with a GPU's background load or without one, or a collective of NCCL.
#pragma once

#include <optional>
#include <set>
#include <variant>

#include "measure/collective.hpp"
#include "measure/host_chase.hpp"
#include "measure/host_pool.hpp"
#include "measure/measurement.hpp"
#include "measure/plan.hpp"

namespace peerbench::measure {

using Work = std::variant<Plan, HostPoolRequest, HostChaseRequest, CollectiveRequest>;

/// The transfer that a GPU repeats all the while that CPU threads work; null where there is none.
const Transfer* background_load(const Work& work);

/// The GPUs that do some of it.
std::set<int> busy_gpus(const Work& work);
/// Those, and the ones whose driver gives memory for it.
std::set<int> gpus_of(const Work& work);

/// Measures any work and returns what came of it; never fails as a whole. A background load is
/// verified, too, after the work beside it.
Measurement measure(const Work& work, const MeasureOptions& options, NcclSession& nccl);

}  // namespace peerbench::measure
