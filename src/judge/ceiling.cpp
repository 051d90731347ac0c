// SPDX-License-Identifier: Apache-2.0
#include "judge/ceiling.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "judge/families.hpp"
#include "judge/host_link.hpp"
#include "judge/peer_link.hpp"

namespace peerbench::judge {

namespace {

/// A cell that runs both ways at once reports the sum; links carry both at full rate.
result::Reference over_link(const machine::Ceiling& ceiling, const result::Cell& cell) {
  const int ways = cell.key.shape == result::Shape::bi ? 2 : 1;
  const double value = ceiling.gbs * ways;
  return {value, fmt::format("{}: {} one way{} = {:.2f} GB/s", ceiling.source, ceiling.formula,
                             ways == 2 ? " x 2 ways" : "", value)};
}

/// Of what a GPU and the host exchange. Pageable copies go through the driver's own buffers, on a
/// processor core; a kernel that both reads and writes takes both ways in parts; what the faults of
/// managed memory cost is no part of the link; and pageable memory may lie with the GPU.
std::optional<result::Reference> of_host_link(const machine::Machine& machine,
                                              const machine::Gpu& gpu, const result::Cell& cell) {
  const auto& link = gpu.c2c_ceiling ? gpu.c2c_ceiling : gpu.pcie.ceiling;
  const bool copies = cell.key.family == result::Family::host &&
                      cell.key.memory == result::MemoryKind::pinned &&
                      !result::far_node(machine, cell.key);
  const bool kernels = cell.key.family == result::Family::pool &&
                       cell.key.memory == result::MemoryKind::pinned &&
                       (cell.key.op == result::Op::read || cell.key.op == result::Op::write);
  if (!link || !(copies || kernels)) return std::nullopt;
  return over_link(*link, cell);
}

std::optional<result::Reference> of_memory(const machine::Machine& machine,
                                           const result::Cell& cell) {
  if (const machine::Gpu* gpu = gpu_behind_host_link(machine, cell)) {
    return of_host_link(machine, *gpu, cell);
  }
  // One pool has one ceiling, whoever works on it.
  const bool shared = machine.machine_class == machine::Class::unified_pool;
  const auto pool = std::ranges::find_if(machine.pools, [&](const machine::Pool& one) {
    return (cell.key.source && one.id == to_string(*cell.key.source)) || (shared && one.ceiling);
  });
  if (pool == machine.pools.end() || !pool->ceiling) return std::nullopt;
  return result::Reference{pool->ceiling->gbs,
                           fmt::format("{}: {}", pool->ceiling->source, pool->ceiling->formula)};
}

}  // namespace

std::optional<result::Reference> ceiling_for(const machine::Machine& machine,
                                             const result::Cell& cell) {
  return cell.unit == "GB/s" ? rules_of(cell.key.family).ceiling(machine, cell) : std::nullopt;
}

std::optional<result::Reference> peer_ceiling(const machine::Machine& machine,
                                              const result::Cell& cell) {
  const machine::PeerLink* link = peer_link(machine, cell);
  if (link == nullptr || !cell.peer_access.value_or(false) ||
      cell.counts != result::Counts::one_way) {
    return std::nullopt;
  }
  if (is_yes(link->nvlink.value) && link->nvlink_ceiling) {
    return over_link(*link->nvlink_ceiling, cell);
  }
  // Without an NVLink that is known to be down, the copy may not go over PCIe at all.
  if (is_no(link->nvlink.value) && link->pcie_ceiling) return over_link(*link->pcie_ceiling, cell);
  return std::nullopt;
}

std::optional<result::Reference> host_ceiling(const machine::Machine& machine,
                                              const result::Cell& cell) {
  const machine::Gpu* gpu = gpu_behind_host_link(machine, cell);
  return gpu == nullptr ? std::nullopt : of_host_link(machine, *gpu, cell);
}

std::optional<result::Reference> pool_ceiling(const machine::Machine& machine,
                                              const result::Cell& cell) {
  const bool known = result::gpu_of(cell.key.source).has_value() ||
                     machine.machine_class == machine::Class::unified_pool;
  if (!known || !cell.key.local() || cell.counts != result::Counts::traffic) return std::nullopt;
  return of_memory(machine, cell);
}

}  // namespace peerbench::judge
