// SPDX-License-Identifier: Apache-2.0
#include "measure/resources.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "base/checked.hpp"

namespace peerbench::measure {

namespace {

constexpr std::size_t page = 4096;

/// The device of this thread's innermost scope; -1 outside of all.
thread_local int innermost = -1;
/// Why that is not current, though its scope goes on; empty: it is.
thread_local std::string astray;

/// That a device is current indeed, before something is made there: whatever cudaSetDevice
/// answered, what was made on another one would be measured under this one's name.
Expected<void> prove_current(int device) {
  int found = -1;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaGetDevice(&found)));
  if (found == device) return {};
  return fail(ErrorKind::device,
              fmt::format("gpu{} is current after cudaSetDevice({}): does a library stand between "
                          "this program and the CUDA runtime (LD_PRELOAD)?",
                          found, device));
}

}  // namespace

Expected<DeviceScope> DeviceScope::enter(int device) {
  PEERBENCH_TRY(
      check_cuda(cudaSetDevice(device), fmt::format("cudaSetDevice({})", device).c_str()));
  astray.clear();
  return DeviceScope(std::exchange(innermost, device));
}

Expected<void> DeviceScope::require(int device) {
  if (innermost != device) {
    return fail(ErrorKind::internal, fmt::format("work of gpu{} outside of its scope", device));
  }
  if (!astray.empty()) return fail(ErrorKind::device, astray);
  return {};
}

DeviceScope::DeviceScope(DeviceScope&& other) noexcept
    : around_(std::exchange(other.around_, std::nullopt)) {}

DeviceScope::~DeviceScope() {
  if (!around_) return;
  innermost = *around_;
  astray.clear();
  if (innermost < 0) return;
  const cudaError_t back = cudaSetDevice(innermost);
  forgive_cuda(back, "cudaSetDevice");
  if (back == cudaSuccess) return;
  astray = fmt::format("gpu{} could not be made current again (cudaSetDevice: {})", innermost,
                       cudaGetErrorName(back));
}

Expected<Buffer> Buffer::allocate(Place place, Bytes bytes, MemoryKind host_memory) {
  if (place.kind == Place::Kind::gpu) return allocate_at(place, bytes, MemoryKind::device);
  if (host_memory == MemoryKind::device) {
    return fail(ErrorKind::internal, "a GPU's memory cannot be had on " + name(place));
  }
  return allocate_at(place, bytes, host_memory);
}

Expected<Buffer> Buffer::allocate_for(int gpu, Bytes bytes, MemoryKind memory) {
  return allocate_at(measure::gpu(gpu), bytes, memory);
}

Expected<Buffer> Buffer::allocate_at(Place place, Bytes bytes, MemoryKind memory) {
  void* data = nullptr;
  const auto on_device = [&](const char* call, auto allocate) -> Expected<void> {
    if (place.kind == Place::Kind::host) return check_cuda(allocate(), call);
    PEERBENCH_ON_DEVICE(place.index);
    PEERBENCH_TRY(prove_current(place.index));
    return check_cuda(allocate(), call);
  };
  // Smaller sizes help only where memory is what is missing.
  bool full = false;
  const auto noting = [&](cudaError_t code) {
    full = code == cudaErrorMemoryAllocation;
    return code;
  };
  Expected<void> made;
  switch (memory) {
    case MemoryKind::device:
      made = on_device("cudaMalloc", [&] { return noting(cudaMalloc(&data, bytes)); });
      break;
    case MemoryKind::managed:
      made = on_device("cudaMallocManaged", [&] {
        return noting(cudaMallocManaged(&data, bytes, cudaMemAttachGlobal));
      });
      break;
    case MemoryKind::pinned:
      made = on_device("cudaHostAlloc", [&] {
        return noting(cudaHostAlloc(&data, bytes, cudaHostAllocPortable | cudaHostAllocMapped));
      });
      break;
    case MemoryKind::pageable:
      data = std::aligned_alloc(page, (bytes + page - 1) / page * page);
      if (data == nullptr) made = check_cuda(noting(cudaErrorMemoryAllocation), "aligned_alloc");
      break;
  }
  if (made) return Buffer(place, memory, data, bytes);
  return fail(ErrorKind::device,
              fmt::format("{} could not be allocated on {}: {}{}", format_bytes(bytes), name(place),
                          made.error().message,
                          full ? "; ask for smaller --sizes or free memory there" : ""));
}

Buffer::Buffer(Buffer&& other) noexcept
    : place_(other.place_),
      memory_(other.memory_),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(other.bytes_) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(place_, other.place_);
  std::swap(memory_, other.memory_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Buffer::~Buffer() {
  if (data_ == nullptr) return;
  switch (memory_) {
    case MemoryKind::pageable:
      std::free(data_);
      return;
    case MemoryKind::pinned:
      PEERBENCH_FORGIVE(cudaFreeHost(data_));
      return;
    case MemoryKind::device:
    case MemoryKind::managed:
      break;
  }
  if (place_.kind == Place::Kind::host) {  // managed, of whichever device was current
    PEERBENCH_FORGIVE(cudaFree(data_));
    return;
  }
  const auto scope = DeviceScope::enter(place_.index);
  PEERBENCH_FORGIVE(cudaFree(data_));  // the driver knows whose it is, whichever device is current
}

Expected<Stream> Stream::create(int device) {
  PEERBENCH_ON_DEVICE(device);
  PEERBENCH_TRY(prove_current(device));
  cudaStream_t stream = nullptr;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking)));
  return Stream(device, stream);
}

Stream::Stream(Stream&& other) noexcept
    : device_(other.device_), stream_(std::exchange(other.stream_, nullptr)) {}

Stream::~Stream() {
  if (stream_ == nullptr) return;
  const auto scope = DeviceScope::enter(device_);
  PEERBENCH_FORGIVE(cudaStreamDestroy(stream_));  // whichever device is current
}

Expected<Event> Event::create(int device) {
  PEERBENCH_ON_DEVICE(device);
  PEERBENCH_TRY(prove_current(device));
  cudaEvent_t event = nullptr;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventCreateWithFlags(&event, cudaEventDefault)));
  return Event(event);
}

Event::Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}

Event::~Event() {
  if (event_ != nullptr) PEERBENCH_FORGIVE(cudaEventDestroy(event_));
}

Expected<double> seconds_between(const Event& start, const Event& end) {
  float milliseconds = 0;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventElapsedTime(&milliseconds, start.get(), end.get())));
  return static_cast<double>(milliseconds) * 1e-3;
}

}  // namespace peerbench::measure
