// SPDX-License-Identifier: Apache-2.0
// Kernels: what a launch touches, how long that takes, and its CPU reference kernel's work.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "sim/core/faults.hpp"
#include "sim/core/noise.hpp"
#include "sim/core/simulated_machine.hpp"

namespace gpusim {
namespace {

constexpr int most_accesses = 16;
constexpr std::size_t most_remembered = 256;

/// How long a kernel may run on a GPU that drives a display: Windows' default, TdrDelay
/// (learn.microsoft.com, "Testing and debugging TDR"). That of Linux' display servers is longer,
/// and documented nowhere.
constexpr double watchdog_ns = 2e9;

std::string place(const Location& location) {
  return location.gpu() < 0 ? "host0" : "gpu" + std::to_string(location.gpu());
}

bool has_attribute(const GpuDescription& gpu, const char* name) {
  const auto found = gpu.attributes.find(name);
  return found != gpu.attributes.end() && found->second != 0;
}

bool began_at(const std::shared_ptr<const Operation>& operation, double ns) {
  return operation != nullptr && operation->started_ns <= ns;
}

}  // namespace

/// One launch, with the values of its arguments: the caller's are gone when it returns.
struct SimulatedMachine::KernelWork {
  struct Access {
    Location location;
    std::size_t bytes = 0;
    bool writes = false;
    double dependent = 0;
  };

  const PeerbenchReferenceKernel* reference_kernel = nullptr;
  std::vector<std::vector<std::byte>> values;
  std::vector<void*> arguments;  ///< as given, pointers translated in `values` after examination
  std::vector<Location> pointers;
  std::vector<Access> accesses;
  bool illegal = false;
  bool mirrored = false;  ///< some of it goes into a private mirror

  /// The fault that the `index`-th access meets: bytes come from what the kernel reads, or from
  /// the GPU it runs on when it writes elsewhere without reading.
  DataFault fault(const MachineFile& file, int gpu, std::size_t index) const {
    const Access& access = accesses[index];
    if (!access.writes) return DataFault::none;
    bool reads = false;
    for (const Access& other : accesses) {
      if (other.writes) continue;
      reads = true;
      const DataFault found =
          data_fault(file, {other.location.gpu(), access.location.gpu(), Carrier::sm});
      if (found != DataFault::none) return found;
    }
    if (reads || access.location.gpu() == gpu) return DataFault::none;
    return data_fault(file, {gpu, access.location.gpu(), Carrier::sm});
  }

  bool stuck(const MachineFile& file, int gpu, Carrier carrier) const {
    return std::ranges::any_of(accesses, [&](const Access& access) {
      const int other = access.location.gpu();
      if (other < 0) return false;
      if (other == gpu) return makes_no_progress_within(file, gpu);
      return access.writes ? makes_no_progress(file, {gpu, other, carrier})
                           : makes_no_progress(file, {other, gpu, carrier});
    });
  }

  /// Whether what it stores in memory of other GPUs never gets there.
  bool loses_stores(const MachineFile& file, int gpu) const {
    return stuck(file, gpu, Carrier::flags) ||
           std::ranges::any_of(accesses, [&](const Access& access) {
             const int other = access.location.gpu();
             return access.writes && other >= 0 && other != gpu &&
                    data_fault(file, {gpu, other, Carrier::flags}) == DataFault::nothing_written;
           });
  }

  /// Runs the reference_kernel inside the faults of the accesses from `index` on.
  void run(const MachineFile& file, int gpu, std::uint64_t random, std::size_t index = 0) {
    if (index == accesses.size()) {
      if (reference_kernel->run != nullptr) reference_kernel->run(arguments.data());
      return;
    }
    const DataFault met = fault(file, gpu, index);
    if (met == DataFault::none) return run(file, gpu, random, index + 1);
    write_with_fault(accesses[index].location, accesses[index].bytes, met, random,
                     [&] { run(file, gpu, random, index + 1); });
  }

  /// Whether a launch with the same arguments would do the same again, as long as nobody writes to
  /// what it works on.
  bool repeatable(const MachineFile& file, int gpu) const {
    if (reference_kernel->repeatable == 0 || mirrored) return false;
    for (std::size_t i = 0; i < accesses.size(); ++i) {
      if (fault(file, gpu, i) != DataFault::none) return false;
    }
    return true;
  }

  /// Memory that no call gave has no versions.
  bool versioned() const {
    return std::ranges::all_of(
        pointers, [](const Location& pointer) { return pointer.allocation != nullptr; });
  }

  /// The host may write to some of it without a call.
  bool host_visible() const {
    return std::ranges::any_of(
        pointers, [](const Location& pointer) { return pointer.allocation->host_visible(); });
  }

  /// Name and arguments, but for those of the bits in `left_out`.
  std::string key(const std::string& name, unsigned left_out = 0) const {
    std::string key = name;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if ((left_out >> i & 1u) != 0) continue;
      key.append(reinterpret_cast<const char*>(values[i].data()), values[i].size());
    }
    return key;
  }

  /// Number and version of each allocation it works on.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> versions() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    for (const Location& pointer : pointers) {
      all.emplace_back(pointer.allocation->number, pointer.allocation->version);
    }
    return all;
  }

  /// Copies of what it may have written are no longer exact.
  void raise_versions() {
    for (const Location& pointer : pointers) {
      if (!pointer.allocation) continue;
      const bool only_read = std::ranges::any_of(accesses, [&](const Access& access) {
        return !access.writes && access.location.allocation == pointer.allocation;
      });
      if (!only_read) ++pointer.allocation->version;
    }
    for (const Access& access : accesses) {
      if (access.writes && access.location.allocation) ++access.location.allocation->version;
    }
  }
};

bool SimulatedMachine::may_touch(int gpu, const Location& location, std::size_t bytes) const {
  if (location.allocation == nullptr) {
    return has_attribute(this->gpu(gpu), "PageableMemoryAccess") && location.alias != nullptr;
  }
  if (bytes > location.room()) return false;
  const bool elsewhere =
      location.allocation->kind == Allocation::Kind::device && location.gpu() != gpu;
  return !elsewhere || peer_enabled(gpu, location.gpu());
}

// Managed memory moves to the GPU that touches it, unless it lies in the one pool there is.
bool SimulatedMachine::moves_to(int gpu, const Location& location) const {
  return location.allocation != nullptr && location.allocation->kind == Allocation::Kind::managed &&
         location.gpu() != gpu && !topology_.shares_host_memory(gpu);
}

std::shared_ptr<SimulatedMachine::KernelWork> SimulatedMachine::examine(const Launch& launch,
                                                                        int gpu) const {
  auto work = std::make_shared<KernelWork>();
  const PeerbenchReferenceKernel& reference_kernel = *launch.reference_kernel;
  work->reference_kernel = &reference_kernel;
  for (int i = 0; i < PEERBENCH_MOST_ARGUMENTS && reference_kernel.argument_bytes[i] > 0; ++i) {
    const auto* value = static_cast<const std::byte*>(launch.arguments[i]);
    work->values.emplace_back(value, value + reference_kernel.argument_bytes[i]);
  }
  for (auto& value : work->values) work->arguments.push_back(value.data());

  if (reference_kernel.accesses != nullptr) {
    std::array<PeerbenchAccess, most_accesses> rows = {};
    const int found = reference_kernel.accesses(work->arguments.data(), rows.data(), most_accesses);
    for (int i = 0; i < found; ++i) {
      const PeerbenchAccess& row = rows[static_cast<std::size_t>(i)];
      if (row.bytes == 0) continue;
      const Location location = memory_.find(row.address);
      work->illegal |= !may_touch(gpu, location, row.bytes);
      work->accesses.push_back(
          {seen_by(gpu, location), row.bytes, row.writes != 0, static_cast<double>(row.dependent)});
    }
  }
  for (std::size_t i = 0; i < work->values.size(); ++i) {
    if ((reference_kernel.pointer_arguments >> i & 1u) == 0) continue;
    void* pointer = nullptr;
    std::memcpy(&pointer, work->values[i].data(), sizeof pointer);
    if (pointer == nullptr) continue;
    const Location location = memory_.find(pointer);
    work->pointers.push_back(location);
    work->illegal |= !may_touch(gpu, location, 0);
    const std::byte* const seen = seen_by(gpu, location).alias;
    work->mirrored |= seen != location.alias;
    std::memcpy(work->values[i].data(), &seen, sizeof seen);
  }
  return work;
}

// What a kernel asks of the multiprocessors. Its rate falls only below a quarter of them: on all of
// them copy kernels have 1.5 to 20 times more bytes in flight than their memory needs (Little's
// law), and most of them 4 times and more.
Seats SimulatedMachine::seats_for(const Launch& launch, int gpu) const {
  constexpr double saturates = 0.25;
  if (!file_.driver.resident_kernels) return {};
  const double all = this->gpu(gpu).multiprocessors;
  const double block = 1.0 / std::max(1, launch.blocks_per_multiprocessor);
  return {.gpu = gpu,
          .block = block,
          .wanted = std::min(all, static_cast<double>(launch.blocks) * block),
          .saturating = all * saturates};
}

cudaError_t SimulatedMachine::launch(const Launch& launch, Stream& stream) {
  if (launch.reference_kernel == nullptr) return launch_unknown(launch, stream);
  const int gpu = stream.gpu;
  Operation operation;
  operation.seats = seats_for(launch, gpu);
  operation.label.kind = "kernel";
  operation.label.name = launch.name;
  if (const cudaError_t error = load(launch.name, gpu, true); error != cudaSuccess) return error;
  const auto work = examine(launch, gpu);
  std::vector<KernelTraffic> traffic;
  for (const KernelWork::Access& access : work->accesses) {
    using Where = KernelTraffic::Where;
    const int owner = access.location.gpu();
    const bool comes = moves_to(gpu, access.location);
    const Where where = comes          ? Where::managed
                        : owner < 0    ? Where::host
                        : owner == gpu ? Where::own
                                       : Where::peer;
    traffic.push_back({.where = where,
                       .peer = owner,
                       .writes = access.writes,
                       .bytes = static_cast<double>(access.bytes),
                       .dependent = access.dependent,
                       .node = access.location.node()});
    (access.writes ? operation.label.destination : operation.label.source) = place(access.location);
  }
  if (work->illegal) traffic.clear();
  const Route route = topology_.kernel(gpu, traffic, operation.bytes);
  operation.label.path = route.path;
  operation.label.bytes = static_cast<std::uint64_t>(operation.bytes);
  operation.uses = route.uses;
  operation.cap = route.cap;
  operation.share = route.share;
  operation.latency_ns = operation.fixed_ns = route.latency_ns;
  const bool waits = launch.reference_kernel->ready != nullptr;
  (waits ? operation.after_wait_ns : operation.latency_ns) += route.dependent_ns;
  // What its loads wait for is not how many of them there are.
  if (route.dependent_ns > 0) operation.seats.saturating = 0;
  if (work->illegal) {
    operation.effect = [this] { set_sticky(cudaErrorIllegalAddress); };
    submit(stream, std::move(operation));
    return cudaSuccess;
  }
  for (const KernelWork::Access& access : work->accesses) {
    if (moves_to(gpu, access.location)) access.location.allocation->resident = gpu;
  }
  if (!has_attribute(this->gpu(gpu), "ConcurrentManagedAccess")) memory_.guard(true);
  operation.endless = !waits && work->stuck(file_, gpu, Carrier::sm);
  if (has_attribute(this->gpu(gpu), "KernelExecTimeout")) {
    operation.limit_ns = watchdog_ns;
    operation.killed = [this] { set_sticky(cudaErrorLaunchTimeout); };
  }
  const PeerbenchReferenceKernel* reference_kernel = launch.reference_kernel;
  if (waits) {
    if (reference_kernel->accesses == nullptr) operation.label.kind = "gate";
    operation.ready = [work, reference_kernel, lost = work->loses_stores(file_, gpu)] {
      return !lost && reference_kernel->ready(work->arguments.data()) != 0;
    };
    operation.timed_out = [work, reference_kernel] {
      if (reference_kernel->timed_out != nullptr)
        reference_kernel->timed_out(work->arguments.data());
    };
    if (reference_kernel->timeout_ns != nullptr) {
      operation.timeout_ns =
          static_cast<double>(reference_kernel->timeout_ns(work->arguments.data()));
    }
  }
  if (reference_kernel->repeatable != 0) {
    operation.repeats = work->key(launch.name, reference_kernel->content_arguments);
  }
  const auto self = std::make_shared<std::weak_ptr<const Operation>>();
  operation.effect = [this, work, gpu, name = launch.name, self,
                      remembered = work->repeatable(file_, gpu) && work->versioned(),
                      random = random_word(file_.seed, noisy_count_)] {
    const std::string key = remembered ? work->key(name) : "";
    if (remembered) {
      // Where it begins as the one before ends, the host cannot have written in between.
      const auto before = left_behind_.find(key);
      const bool same = before != left_behind_.end() && before->second.versions == work->versions();
      if (same && (!work->host_visible() || began_at(self->lock(), before->second.ended_ns))) {
        before->second.ended_ns = engine_.now();
        return;
      }
    }
    work->run(file_, gpu, random);
    work->raise_versions();
    if (!remembered) return;
    if (left_behind_.size() >= most_remembered) left_behind_.clear();
    left_behind_[key] = {work->versions(), engine_.now()};
  };
  *self = submit(stream, std::move(operation));
  return cudaSuccess;
}

}  // namespace gpusim
