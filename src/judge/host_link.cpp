#include "judge/host_link.hpp"

#include <algorithm>

#include "judge/peer_link.hpp"

namespace peerbench::judge {

const machine::Gpu* gpu_behind_host_link(const machine::Machine& machine,
                                         const result::Cell& cell) {
  const auto index = gpu_index(cell.src).has_value() ? gpu_index(cell.src) : gpu_index(cell.dst);
  const auto gpu = std::ranges::find_if(
      machine.gpus, [&](const machine::Gpu& one) { return index == one.ordinal; });
  if (gpu == machine.gpus.end() || is_yes(gpu->integrated.value) ||
      machine.machine_class == machine::Class::unified_pool) {
    return nullptr;
  }
  const bool in_host = cell.memory == "pinned" || cell.memory == "plain" || !cell.mode.empty();
  const bool kernels = cell.family == "pool" && cell.src == cell.dst && in_host;
  return cell.family == "host" || kernels ? &*gpu : nullptr;
}

bool over_c2c(const machine::Machine& machine, const result::Cell& cell) {
  const machine::Gpu* gpu = gpu_behind_host_link(machine, cell);
  return gpu != nullptr && gpu->c2c_ceiling.has_value();
}

}  // namespace peerbench::judge
