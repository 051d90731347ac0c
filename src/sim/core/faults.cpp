// SPDX-License-Identifier: Apache-2.0
#include "sim/core/faults.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace gpusim {

bool is_between(const Fault& fault, int from, int to) {
  if (from < 0 || to < 0) return false;
  return (fault.from < 0 || fault.from == from) && (fault.to < 0 || fault.to == to);
}

namespace {

constexpr std::size_t gpu_page = std::size_t{2} << 20;

/// Collectives are kernels.
bool acts_on(Carrier broken, Carrier carrier) {
  return broken == Carrier::any || broken == carrier ||
         (broken == Carrier::sm && carrier == Carrier::nccl);
}

bool meets(const Fault& fault, const PeerTraffic& traffic) {
  const FaultRoute route = traffic.staged ? FaultRoute::staged : FaultRoute::direct;
  return is_between(fault, traffic.from, traffic.to) && acts_on(fault.carrier, traffic.carrier) &&
         (fault.route == FaultRoute::any || fault.route == route);
}

bool repeats(const Location& destination, const Location& source, std::size_t bytes) {
  if (!destination.allocation || !source.allocation) return false;
  const Allocation& to = *destination.allocation;
  const Allocation& from = *source.allocation;
  if (to.host_visible() || from.host_visible() || &to == &from) return false;
  const CopiedFrom& last = to.copied;
  return last.source == from.number && last.source_version == from.version &&
         last.version == to.version && last.offset == destination.offset &&
         last.source_offset == source.offset && last.bytes == bytes;
}

}  // namespace

DataFault data_fault(const MachineFile& machine, const PeerTraffic& traffic) {
  for (const Fault& fault : machine.faults) {
    if (!meets(fault, traffic)) continue;
    switch (fault.kind) {
      case FaultKind::nothing_written:
        return DataFault::nothing_written;
      case FaultKind::part_written:
        return DataFault::part_written;
      case FaultKind::bit_flip:
        return DataFault::bit_flip;
      case FaultKind::stale:
        return DataFault::stale;
      case FaultKind::swapped_pair:
        return DataFault::swapped_pair;
      default:
        break;
    }
  }
  return DataFault::none;
}

bool sees_private_mirror(const MachineFile& machine, int issuer, int owner) {
  return issuer != owner && std::ranges::any_of(machine.faults, [&](const Fault& fault) {
           return fault.kind == FaultKind::private_mirror && is_between(fault, issuer, owner);
         });
}

bool makes_no_progress(const MachineFile& machine, const PeerTraffic& traffic) {
  return std::ranges::any_of(machine.faults, [&](const Fault& fault) {
    return fault.kind == FaultKind::no_progress && meets(fault, traffic);
  });
}

bool makes_no_progress_within(const MachineFile& machine, int gpu) {
  return std::ranges::any_of(machine.faults, [&](const Fault& fault) {
    return fault.kind == FaultKind::no_progress && fault.from == gpu && fault.to == gpu;
  });
}

void write_with_fault(const Location& destination, std::size_t bytes, DataFault fault,
                      std::uint64_t random, const std::function<void()>& write) {
  const auto first_to_come = [&] {
    return destination.allocation == nullptr ||
           destination.allocation->received.insert(destination.offset).second;
  };
  std::size_t kept_from = bytes;  // what lies behind it stays as it was
  if (fault == DataFault::nothing_written) kept_from = 0;
  if (fault == DataFault::part_written) kept_from = bytes / 2;
  if (fault == DataFault::stale && !first_to_come()) kept_from = 0;

  std::byte* const end = destination.alias + bytes;
  const std::vector<std::byte> before(destination.alias + kept_from, end);
  write();
  if (!before.empty()) std::memcpy(destination.alias + kept_from, before.data(), before.size());
  if (fault == DataFault::bit_flip && bytes > 0) {
    destination.alias[random % bytes] ^= std::byte{1} << (random >> 61);
  }
  if (fault == DataFault::swapped_pair) {
    const std::size_t piece = std::min(gpu_page, bytes / 2);
    std::swap_ranges(destination.alias, destination.alias + piece, destination.alias + piece);
  }
}

void copy_bytes(const Location& destination, const Location& source, std::size_t bytes,
                DataFault fault, std::uint64_t random) {
  if (bytes == 0) return;
  if (fault == DataFault::none && repeats(destination, source, bytes)) return;
  write_with_fault(destination, bytes, fault, random,
                   [&] { std::memmove(destination.alias, source.alias, bytes); });
  if (!destination.allocation) return;
  Allocation& to = *destination.allocation;
  ++to.version;
  to.copied = {};
  if (fault != DataFault::none || !source.allocation) return;
  to.copied = {.offset = destination.offset,
               .bytes = bytes,
               .source = source.allocation->number,
               .source_offset = source.offset,
               .source_version = source.allocation->version,
               .version = to.version};
}

}  // namespace gpusim
