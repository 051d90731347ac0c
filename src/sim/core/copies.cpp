// SPDX-License-Identifier: Apache-2.0
// Copies and fills: which way they take over the machine, how long, and what they do to memory.
#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "sim/core/faults.hpp"
#include "sim/core/noise.hpp"
#include "sim/core/simulated_machine.hpp"

namespace gpusim {
namespace {

constexpr double assumed_host_copy_gbs = 10;  // one thread, when the file has no figure

/// So many bytes of pageable memory the driver has taken when a call returns, and not yet brought
/// to the GPU: a copy of 64 KiB or less does not wait at all (CUDA C++ Programming Guide,
/// "Concurrent Execution between Host and Device"). Of larger ones nobody documents it.
constexpr std::size_t most_staged = std::size_t{64} << 10;

std::string place(const Location& location) {
  return location.gpu() < 0 ? "host0" : "gpu" + std::to_string(location.gpu());
}

Location moved_on(Location location, std::size_t bytes) {
  location.offset += bytes;
  location.alias += bytes;
  return location;
}

bool plain_device(const Location& location) {
  return location.allocation && location.allocation->kind == Allocation::Kind::device;
}

/// Whether the pointers fit what the caller says they are.
bool fits(cudaMemcpyKind kind, const Location& to, const Location& from, bool pageable_access) {
  const auto host = [](const Location& location) { return !plain_device(location); };
  const auto device = [&](const Location& location) {
    return location.allocation != nullptr || pageable_access;
  };
  switch (kind) {
    case cudaMemcpyHostToHost:
      return host(to) && host(from);
    case cudaMemcpyHostToDevice:
      return device(to) && host(from);
    case cudaMemcpyDeviceToHost:
      return host(to) && device(from);
    case cudaMemcpyDeviceToDevice:
      return device(to) && device(from);
    case cudaMemcpyDefault:
      return true;
  }
  return false;
}

std::string name_of(const Location& to, const Location& from, std::size_t bytes) {
  const auto at = [](const Location& location) {
    return std::to_string(reinterpret_cast<std::uintptr_t>(location.alias));
  };
  return at(to) + "<" + at(from) + ":" + std::to_string(bytes);
}

}  // namespace

struct SimulatedMachine::Copy {
  Location to, from;
  std::size_t bytes = 0;
  const char* call = "";

  /// The driver does not know the memory, and takes it apart while the caller waits.
  bool pageable() const { return to.allocation == nullptr || from.allocation == nullptr; }
};

/// The end of a pageable source as the driver took it, since the caller may change it from then on.
struct SimulatedMachine::Staged {
  std::vector<std::byte> bytes;

  void take_end_of(const Copy& copy) {
    const std::size_t kept = std::min(copy.bytes, most_staged);
    const std::byte* const end = copy.from.alias + copy.bytes;
    bytes.assign(end - kept, end);
  }
  /// What of the copy came before.
  Copy head(Copy copy) const {
    copy.bytes -= bytes.size();
    return copy;
  }
  Copy tail(Copy copy) {
    copy.to = moved_on(copy.to, copy.bytes - bytes.size());
    copy.from = {.allocation = nullptr, .offset = 0, .alias = bytes.data()};
    copy.bytes = bytes.size();
    return copy;
  }
};

Route SimulatedMachine::route_between(const Location& to, const Location& from, int issuer) const {
  const int to_gpu = to.gpu(), from_gpu = from.gpu();
  const CopyEngines& engines = topology_.copy_engines();
  Route route;
  if (to_gpu >= 0 && from_gpu >= 0 && to_gpu != from_gpu) {
    // The issuing GPU must reach the other one; for a third GPU's stream either way will do.
    const bool direct = issuer == from_gpu ? peer_enabled(from_gpu, to_gpu)
                        : issuer == to_gpu
                            ? peer_enabled(to_gpu, from_gpu)
                            : peer_enabled(from_gpu, to_gpu) || peer_enabled(to_gpu, from_gpu);
    if (!direct) return topology_.staged_copy(from_gpu, to_gpu);
    return topology_.peer_copy(issuer, from_gpu, to_gpu);
  }
  if (to_gpu >= 0 && from_gpu >= 0) {
    route = topology_.local_copy(to_gpu);
    route.engines = {engines.any(issuer)};
  } else if (to_gpu >= 0) {
    route = topology_.host_to_device(to_gpu, from.node());
    route.engines = {engines.upload(issuer)};
  } else if (from_gpu >= 0) {
    route = topology_.device_to_host(from_gpu, to.node());
    route.engines = {engines.download(issuer)};
  } else {
    const auto& rate = file_.host.pool.copy_gbs;
    route.path = "host";
    route.cap = rate ? rate->value / 2 : assumed_host_copy_gbs;
  }
  return route;
}

// The driver's way through host memory uses no window.
Location SimulatedMachine::seen_by(int gpu, const Location& location) const {
  const int owner = location.gpu();
  const bool window = owner >= 0 && owner != gpu && peer_enabled(gpu, owner);
  return window && sees_private_mirror(file_, gpu, owner) ? location.mirrored_for(gpu) : location;
}

cudaError_t SimulatedMachine::run_copy(const Copy& copy, Stream& stream, bool hold) {
  if (copy.bytes > copy.to.room() || copy.bytes > copy.from.room()) return cudaErrorInvalidValue;
  if (copy.bytes == 0) return cudaSuccess;
  for (const int end : {copy.to.gpu(), copy.from.gpu()}) {
    if (const cudaError_t gone = lost(end); gone != cudaSuccess) return gone;
  }
  const Route route = route_between(copy.to, copy.from, stream.gpu);
  if (const cudaError_t error = load("copy:" + route.path, stream.gpu, false);
      error != cudaSuccess) {
    return error;
  }
  const bool staged = route.path == "staged";
  if (staged) {
    const HostCallCosts& calls = file_.host.calls;
    extend_call((calls.staged_copy_us - calls.copy_us) * 1e3);
  }
  if (staged && file_.driver.staged_call_blocks == "earlier-work") {
    // What the call does by itself it does while it waits.
    const double from = host_ns_;
    if (const cudaError_t error = block_on(last_of(stream)); error != cudaSuccess) return error;
    call_cost_ns_ = std::max(0.0, call_cost_ns_ - (host_ns_ - from));
  }
  const Copy seen{seen_by(stream.gpu, copy.to), seen_by(stream.gpu, copy.from), copy.bytes,
                  copy.call};
  const bool mirrored = seen.to.alias != copy.to.alias || seen.from.alias != copy.from.alias;
  const PeerTraffic traffic{copy.from.gpu(), copy.to.gpu(), Carrier::ce, staged};
  const DataFault fault = mirrored ? DataFault::private_mirror : data_fault(file_, traffic);
  Operation operation;
  operation.label = {.kind = "copy",
                     .name = "",
                     .call = copy.call,
                     .source = place(copy.from),
                     .destination = place(copy.to),
                     .path = route.path,
                     .bytes = copy.bytes};
  operation.slots = route.engines;
  operation.latency_ns = route.latency_ns;
  operation.bytes = static_cast<double>(copy.bytes);
  operation.bytes += first_copy_bytes(copy.to, copy.from, operation.bytes);
  operation.uses = route.uses;
  operation.cap = route.cap;
  operation.share = route.share;
  if (!copy.pageable()) operation.repeats = name_of(seen.to, seen.from, copy.bytes);
  operation.endless = makes_no_progress(file_, traffic);
  const auto taken = std::make_shared<Staged>();
  operation.effect = [seen, taken, fault, random = random_word(file_.seed, noisy_count_)] {
    const Copy rest = taken->bytes.empty() ? seen : taken->tail(seen);
    copy_bytes(rest.to, rest.from, rest.bytes, fault, random);
  };
  if (file_.driver.pageable_copies_late && copy.pageable() && copy.to.gpu() >= 0) {
    return stage_pageable(seen, *taken, std::move(operation), stream, hold);
  }
  const OperationPtr submitted = submit(stream, std::move(operation));
  const bool to_its_end = staged && file_.driver.staged_call_blocks == "own-end";
  return hold || copy.pageable() || to_its_end ? block_on(submitted) : cudaSuccess;
}

// A call that is to wait waits for its stream before the copy, not for the copy ("API
// synchronization behavior"), which ends when what is still to come has arrived.
cudaError_t SimulatedMachine::stage_pageable(const Copy& copy, Staged& staged, Operation operation,
                                             Stream& stream, bool hold) {
  if (hold) {
    if (const cudaError_t error = block_on(last_of(stream)); error != cudaSuccess) return error;
  }
  if (copy.bytes <= most_staged) {
    staged.take_end_of(copy);
    submit(stream, std::move(operation));
    return cudaSuccess;
  }
  const OperationPtr submitted = submit(stream, std::move(operation));
  const double share = 1 - static_cast<double>(most_staged) / static_cast<double>(copy.bytes);
  const cudaError_t error = block_on(submitted, share);
  if (error != cudaSuccess || submitted->ended()) return error;
  staged.take_end_of(copy);
  const Copy head = staged.head(copy);
  copy_bytes(head.to, head.from, head.bytes, DataFault::none, 0);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::copy(void* to, const void* from, std::size_t bytes,
                                   cudaMemcpyKind kind, Stream& stream, bool hold) {
  const Copy copy{memory_.find(to), memory_.find(from), bytes, "cudaMemcpy"};
  const auto& attributes = gpu(stream.gpu).attributes;
  const auto pageable = attributes.find("PageableMemoryAccess");
  const bool pageable_access = pageable != attributes.end() && pageable->second != 0;
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
    return cudaErrorInvalidMemcpyDirection;
  }
  if (bytes > 0 && (to == nullptr || from == nullptr)) return cudaErrorInvalidValue;
  if (bytes > 0 && !fits(kind, copy.to, copy.from, pageable_access)) return cudaErrorInvalidValue;
  // Between memory of GPUs even cudaMemcpy does not wait ("API synchronization behavior").
  const bool between_gpus = plain_device(copy.to) && plain_device(copy.from);
  return run_copy(copy, stream, hold && !between_gpus);
}

cudaError_t SimulatedMachine::copy_peer(void* to, int to_gpu, const void* from, int from_gpu,
                                        std::size_t bytes, Stream& stream, bool hold) {
  const Copy copy{memory_.find(to), memory_.find(from), bytes, "cudaMemcpyPeer"};
  if (bytes == 0) return cudaSuccess;
  const auto belongs = [](const Location& location, int gpu) {
    return location.allocation != nullptr && (!plain_device(location) || location.gpu() == gpu);
  };
  if (!belongs(copy.to, to_gpu) || !belongs(copy.from, from_gpu)) return cudaErrorInvalidValue;
  return run_copy(copy, stream, hold);
}

cudaError_t SimulatedMachine::set(void* to, unsigned value, std::size_t bytes, Stream& stream,
                                  bool hold, std::size_t width) {
  const Location location = seen_by(stream.gpu, memory_.find(to));
  if (bytes == 0) return cudaSuccess;
  if (!may_touch(stream.gpu, location, bytes)) return cudaErrorInvalidValue;
  Operation operation;
  operation.label = {.kind = "memset",
                     .name = "",
                     .call = "",
                     .source = "",
                     .destination = place(location),
                     .path = "",
                     .bytes = bytes};
  using Where = KernelTraffic::Where;
  const Where where = location.gpu() < 0             ? Where::host
                      : location.gpu() == stream.gpu ? Where::own
                                                     : Where::peer;
  const Route route = topology_.kernel(
      stream.gpu, {{where, location.gpu(), true, static_cast<double>(bytes)}}, operation.bytes);
  operation.label.path = route.path;
  operation.latency_ns = route.latency_ns;
  operation.uses = route.uses;
  operation.share = route.share;
  operation.effect = [location, value, bytes, width] {
    if (width == 1) std::memset(location.alias, static_cast<int>(value), bytes);
    for (std::size_t at = 0; width > 1 && at + width <= bytes; at += width) {
      std::memcpy(location.alias + at, &value, width);
    }
    if (location.allocation) ++location.allocation->version;
  };
  const OperationPtr submitted = submit(stream, std::move(operation));
  return hold && !plain_device(location) ? block_on(submitted) : cudaSuccess;
}

cudaError_t SimulatedMachine::prefetch(const void* address, std::size_t bytes, int to_gpu,
                                       Stream& stream) {
  const Location location = memory_.find(address);
  const bool managed =
      location.allocation && location.allocation->kind == Allocation::Kind::managed;
  if (!managed || bytes > location.room()) return cudaErrorInvalidValue;
  Operation operation;
  operation.label = {.kind = "prefetch",
                     .name = "",
                     .call = "",
                     .source = place(location),
                     .destination = to_gpu < 0 ? "host0" : "gpu" + std::to_string(to_gpu),
                     .path = "",
                     .bytes = bytes};
  if (location.gpu() != to_gpu) {
    const Route route =
        to_gpu >= 0 ? topology_.host_to_device(to_gpu) : topology_.device_to_host(location.gpu());
    operation.label.path = route.path;
    operation.latency_ns = route.latency_ns;
    operation.bytes = static_cast<double>(bytes);
    operation.uses = route.uses;
    operation.share = route.share;
  }
  submit(stream, std::move(operation));
  // One place for the whole allocation: pages are not told apart. What is submitted next finds it
  // there.
  location.allocation->resident = to_gpu;
  return cudaSuccess;
}

}  // namespace gpusim
