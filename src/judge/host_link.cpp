// SPDX-License-Identifier: Apache-2.0
#include "judge/host_link.hpp"

#include <algorithm>

#include "judge/peer_link.hpp"

namespace peerbench::judge {

const machine::Gpu* gpu_behind_host_link(const machine::Machine& machine,
                                         const result::Cell& cell) {
  const auto source = result::gpu_of(cell.key.source);
  const auto index = source ? source : result::gpu_of(cell.key.destination);
  const machine::Gpu* gpu = index ? machine::find_gpu(machine, *index) : nullptr;
  if (gpu == nullptr || is_yes(gpu->integrated.value) ||
      machine.machine_class == machine::Class::unified_pool) {
    return nullptr;
  }
  const bool in_host = cell.key.memory == result::MemoryKind::pinned ||
                       cell.key.memory == result::MemoryKind::pageable || cell.key.host_resident;
  const bool kernels = cell.key.family == result::Family::pool && cell.key.local() && in_host;
  return cell.key.family == result::Family::host || kernels ? gpu : nullptr;
}

bool over_c2c(const machine::Machine& machine, const result::Cell& cell) {
  const machine::Gpu* gpu = gpu_behind_host_link(machine, cell);
  return gpu != nullptr && gpu->c2c_ceiling.has_value();
}

}  // namespace peerbench::judge
