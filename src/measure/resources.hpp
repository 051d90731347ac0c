// SPDX-License-Identifier: Apache-2.0
// Owners of what a plan needs from the CUDA runtime: memory, streams, events. Each remembers its
// device; after a hang they are abandoned instead of released, because releasing would wait for
// ever.
#pragma once

#include <cuda_runtime_api.h>

#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/memory_kind.hpp"
#include "measure/plan.hpp"

namespace peerbench::measure {

/// Makes a device current for a scope, and then that of the scope around it. Outside of all scopes
/// the last one stays current: to set back the default, device 0, would give it a context, on a GPU
/// that may be somebody else's. Where the one around cannot be made current again, nothing more is
/// done for it: see require().
class DeviceScope {
 public:
  /// Fails where the device cannot be current: what is meant for it must not go to another one.
  [[nodiscard]] static Expected<DeviceScope> enter(int device);
  /// Whether the innermost scope of this thread is of that device and it is current, without asking
  /// CUDA: for what is queued so often that entering a scope each time would be measured, too.
  /// Fails with why it is not.
  static Expected<void> require(int device);
  DeviceScope(DeviceScope&& other) noexcept;
  DeviceScope& operator=(DeviceScope&&) = delete;
  ~DeviceScope();

 private:
  explicit DeviceScope(int around) : around_(around) {}
  std::optional<int> around_;  ///< device of the scope around, -1 without one; none: moved from
};

/// Memory at a place: on a GPU had as asked; on the host pinned and mapped, pageable, or managed
/// (of the current device).
class Buffer {
 public:
  /// Fails with ErrorKind::device when the memory cannot be had; the message says how much and
  /// where.
  static Expected<Buffer> allocate(Place place, Bytes bytes,
                                   MemoryKind host_memory = MemoryKind::pinned);
  /// Memory that kernels of `gpu` work on; its place is that GPU, wherever its pages are.
  static Expected<Buffer> allocate_for(int gpu, Bytes bytes, MemoryKind memory);
  /// No memory.
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  void* data() const { return data_; }
  Bytes bytes() const { return bytes_; }
  Place place() const { return place_; }
  /// Gives the memory up without freeing it.
  void abandon() { data_ = nullptr; }

 private:
  Buffer(Place place, MemoryKind memory, void* data, Bytes bytes)
      : place_(place), memory_(memory), data_(data), bytes_(bytes) {}
  static Expected<Buffer> allocate_at(Place place, Bytes bytes, MemoryKind memory);
  Place place_;
  MemoryKind memory_ = MemoryKind::device;
  void* data_ = nullptr;
  Bytes bytes_ = 0;
};

/// A non-blocking stream of one device.
class Stream {
 public:
  static Expected<Stream> create(int device);
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&&) = delete;
  ~Stream();

  cudaStream_t get() const { return stream_; }
  int device() const { return device_; }
  void abandon() { stream_ = nullptr; }

 private:
  Stream(int device, cudaStream_t stream) : device_(device), stream_(stream) {}
  int device_;
  cudaStream_t stream_;
};

/// A timing event of one device.
class Event {
 public:
  static Expected<Event> create(int device);
  Event(Event&& other) noexcept;
  Event& operator=(Event&&) = delete;
  ~Event();

  cudaEvent_t get() const { return event_; }
  void abandon() { event_ = nullptr; }

 private:
  explicit Event(cudaEvent_t event) : event_(event) {}
  cudaEvent_t event_;
};

/// Seconds from `start` to `end`, both of the same device and both done.
Expected<double> seconds_between(const Event& start, const Event& end);

}  // namespace peerbench::measure

/// Makes `device` current until the end of the enclosing scope, or returns from the enclosing
/// function why that cannot be.
#define PEERBENCH_ON_DEVICE(device)                                            \
  const auto device_scope_ = ::peerbench::measure::DeviceScope::enter(device); \
  if (!device_scope_) return ::tl::unexpected<::peerbench::Error>(device_scope_.error())
