// SPDX-License-Identifier: Apache-2.0
#include "measure/operations/arrays.hpp"

#include <fmt/format.h>

#include <utility>

#include "measure/content.hpp"
#include "measure/numa_policy_scope.hpp"
#include "measure/pool_memory.hpp"

namespace peerbench::measure {

Expected<void> allocate_array(TransferMemory& memory, Buffer& array, Place place, Bytes bytes) {
  const Transfer& transfer = memory.transfer;
  const bool chosen = place.kind == Place::Kind::gpu && transfer.memory != MemoryKind::device;
  const bool pinned =
      chosen ? transfer.memory == MemoryKind::pinned
             : place.kind == Place::Kind::host && transfer.host_memory == MemoryKind::pinned;
  const NumaPolicyScope policy(pinned ? transfer.host_node : -1,
                               transfer.far_node ? "not the GPU's" : "the GPU's");
  auto made = chosen ? Buffer::allocate_for(place.index, bytes, transfer.memory)
                     : Buffer::allocate(place, bytes, transfer.host_memory);
  if (!made) return tl::unexpected(made.error());
  if (pinned) memory.note = policy.where(made->data(), bytes);
  array = std::move(*made);
  if (chosen && transfer.first_touch == FirstTouch::cpu) return touch_by_cpu(array);
  return {};
}

Expected<void> allocate_kernel_state(TransferMemory& memory, Bytes bytes) {
  auto made = Buffer::allocate(memory.transfer.destination, bytes, memory.transfer.host_memory);
  if (!made) return tl::unexpected(made.error());
  memory.destination = std::move(*made);
  return {};
}

Expected<std::string> find_wrong_words(const TransferMemory& memory, std::uint64_t seed,
                                       kernels::Content content) {
  const Transfer& transfer = memory.transfer;
  auto report = memory.by_host ? check_by_host(memory.destination, seed, content)
                               : check(memory.destination, seed, content);
  if (!report) return tl::unexpected(report.error());
  if (report->wrong_words == 0) return std::string();
  const std::string owner = name(transfer.destination);
  const std::string what =
      transfer.source == transfer.destination
          ? fmt::format("of a {} in {}'s memory", name(transfer.op), owner)
          : fmt::format("that {} received from {}", owner, name(transfer.source));
  std::string found = fmt::format(
      "{} of {} 8-byte words {} are wrong, the first at byte {}; checked on {}'s own side",
      report->wrong_words, (transfer.bytes + 7) / 8, what, report->first_wrong * 8, owner);
  if (!memory.pushes || memory.by_host) return found;
  // A tool that checks where it wrote sees nothing wrong here.
  const auto window =
      check_through_window(memory.destination, transfer.issuer.index, seed, content);
  if (window && window->wrong_words == 0) {
    found += fmt::format(
        "; {0} reads all of it back as it wrote it, so its window onto {1} leads to memory that "
        "{1} never sees: an IOMMU that translates peer traffic does this (boot with iommu=pt or "
        "iommu=off)",
        name(transfer.issuer), owner);
  }
  if (!window) found += "; what the writer sees could not be read: " + window.error().message;
  return found;
}

Expected<void> check_local(const Transfer& transfer) {
  if (transfer.source == transfer.issuer && transfer.destination == transfer.issuer) return {};
  return fail(ErrorKind::unsupported, not_at_an_end);
}

}  // namespace peerbench::measure
