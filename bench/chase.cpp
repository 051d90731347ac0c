// SPDX-License-Identifier: Apache-2.0
// Family "latency", loads: what one load takes whose address the one before it gives.
//   latency/sm/chase/gpuA-gpuB/bytes:N            gpuB reads gpuA's memory
//   latency/sm/chase/hostB-gpuA/pinned/bytes:N    gpuA reads the host's nearest, mapped
//   latency/sm/chase/gpuA/device/bytes:N          gpuA reads its own
//   latency/sm/fault/gpuA/managed/bytes:N         gpuA reads managed memory that is with the host
//                                                 (full)
// Unit: us a load. Nothing is counted. A fault's list has one entry in each block that the driver
// fetches at once, and goes back to the host before each sample.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "bench/spec.hpp"
#include "measure/pointer_chase_list.hpp"

namespace peerbench::bench {

namespace {

using measure::Place;

/// Half of the smallest L2 since Pascal (2 MiB), so that the memory's own cache answers: what is
/// left is the way there and back. It is past what a multiprocessor's own cache holds.
constexpr Bytes list_bytes = MiB;

Spec spec_of(Place source, int reader, Bytes bytes) {
  const Place issuer = measure::gpu(reader);
  const bool own = source == issuer;
  const bool of_host = source.kind == Place::Kind::host;
  Spec spec;
  spec.plan()->peer_access = !own && !of_host;
  spec.plan()->transfers.push_back({.source = source,
                                    .destination = issuer,
                                    .issuer = issuer,
                                    .engine = measure::Engine::sm,
                                    .bytes = bytes,
                                    .op = measure::Op::chase,
                                    .steps = measure::chase_steps});
  result::Cell& cell = spec.cell;
  spec.set_key({.family = result::Family::latency,
                .engine = result::Engine::sm,
                .op = result::Op::chase,
                .source = of_host ? host_place(measure::name(source)) : gpu_place(source.index),
                .destination = gpu_place(issuer.index),
                .memory = of_host ? std::optional(MemoryKind::pinned) : std::nullopt,
                .bytes = bytes});
  cell.counts = result::Counts::none;
  cell.unit = "us";
  cell.counting_rule = fmt::format(
      "time of one load that waits for the one before: one thread follows a random cycle through "
      "lines of {} bytes, and the time between events around {} steps is divided by their number",
      measure::chase_stride, measure::chase_steps);
  return spec;
}

/// 32 faults: some milliseconds, and the list is soon back with the host.
constexpr Bytes fault_bytes = 32 * measure::fault_stride;

Spec fault_spec(const machine::Gpu& gpu) {
  Spec spec = spec_of(measure::gpu(gpu.ordinal), gpu.ordinal, fault_bytes);
  measure::Transfer& transfer = spec.plan()->transfers.front();
  transfer.memory = MemoryKind::managed;
  transfer.from_host_each_time = true;
  transfer.stride = measure::fault_stride;
  transfer.steps = fault_bytes / measure::fault_stride - 1;  // so that its end tells that it moved
  result::Cell& cell = spec.cell;
  result::CellKey key = spec.cell.key;
  key.op = result::Op::fault;
  key.memory = MemoryKind::managed;
  spec.set_key(key);
  cell.counting_rule = fmt::format(
      "time of one load of managed memory that is with the host, each in a block of {} of its own "
      "and after the one before: the fault, what the driver does about it, and the way of the "
      "pages that it brings; the time between events around {} loads is divided by their number",
      format_bytes(measure::fault_stride), transfer.steps);
  return spec;
}

/// Memory of a GPU apart from the host's, that comes to it by faults.
bool faults(const machine::Gpu& gpu) {
  return is_yes(gpu.managed.value) && is_yes(gpu.concurrent_managed.value) &&
         !is_yes(gpu.integrated.value) && !is_yes(gpu.host_page_tables.value);
}

}  // namespace

std::vector<Spec> chase_specs(const machine::Machine& machine, const result::Settings& settings) {
  std::vector<Spec> specs;
  const auto add = [&](Spec spec, int gpu) {
    // A sweep over sizes is about rates; of lists it is made only when asked for by name.
    const bool most_asked =
        spec.cell.key.op == result::Op::chase && spec.cell.key.bytes == list_bytes;
    spec.tier = most_asked ? tier_of_less_asked(machine, settings, gpu) : Tier::full;
    specs.push_back(std::move(spec));
  };
  std::vector<Bytes> sizes{list_bytes};
  std::ranges::copy_if(settings.sizes, std::back_inserter(sizes), [](Bytes bytes) {
    return bytes != list_bytes && measure::PointerChaseList::fits(bytes);
  });
  for (const Bytes bytes : sizes) {
    for (const machine::Gpu& owner : machine.gpus) {
      for (const machine::Gpu& reader : machine.gpus) {
        if (owner.ordinal == reader.ordinal) continue;
        if (!selected(settings, owner.ordinal, reader.ordinal)) continue;
        Spec spec = spec_of(measure::gpu(owner.ordinal), reader.ordinal, bytes);
        spec.why_refused = why_refused(machine, reader, owner);
        add(std::move(spec), owner.ordinal);
      }
    }
    for (const machine::Gpu& gpu : machine.gpus) {
      if (!settings.gpus.empty() && std::ranges::count(settings.gpus, gpu.ordinal) == 0) continue;
      const HostMemory near = host_memories(machine, gpu).front();
      for (const Place& source : {measure::gpu(gpu.ordinal), measure::host(near.index())}) {
        Spec spec = spec_of(source, gpu.ordinal, bytes);
        spec.plan()->transfers.front().host_node = near.node;
        if (source.kind == Place::Kind::host) spec.cell.numa_node = near.named;
        add(std::move(spec), gpu.ordinal);
      }
      if (bytes == list_bytes && faults(gpu)) add(fault_spec(gpu), gpu.ordinal);
    }
  }
  return specs;
}

}  // namespace peerbench::bench
