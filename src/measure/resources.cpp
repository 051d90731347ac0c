#include "measure/resources.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/checked.hpp"

namespace peerbench::measure {

namespace {

constexpr std::size_t page = 4096;

}  // namespace

DeviceScope::DeviceScope(int device) {
  cudaGetDevice(&former_);
  cudaSetDevice(device);
}

DeviceScope::~DeviceScope() { cudaSetDevice(former_); }

Expected<Buffer> Buffer::allocate(Place place, Bytes bytes, HostMemory host_memory) {
  void* data = nullptr;
  cudaError_t code = cudaSuccess;
  const char* call = place.kind == Place::Kind::host ? "cudaHostAlloc" : "cudaMalloc";
  if (place.kind == Place::Kind::host && host_memory == HostMemory::pageable) {
    call = "aligned_alloc";
    data = std::aligned_alloc(page, (bytes + page - 1) / page * page);
    if (data == nullptr) code = cudaErrorMemoryAllocation;
  } else if (place.kind == Place::Kind::host && host_memory == HostMemory::managed) {
    call = "cudaMallocManaged";
    code = cudaMallocManaged(&data, bytes, cudaMemAttachGlobal);
  } else if (place.kind == Place::Kind::host) {
    code = cudaHostAlloc(&data, bytes, cudaHostAllocPortable | cudaHostAllocMapped);
  } else {
    const DeviceScope scope(place.index);
    code = cudaMalloc(&data, bytes);
  }
  if (code == cudaSuccess) return Buffer(place, host_memory, data, bytes);
  const auto checked = check_cuda(code, call);
  return fail(ErrorKind::device,
              fmt::format("{} could not be allocated on {}: {}; ask for smaller --sizes or free "
                          "memory there",
                          format_bytes(bytes), name(place), checked.error().message));
}

Buffer::Buffer(Buffer&& other) noexcept
    : place_(other.place_),
      host_memory_(other.host_memory_),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(other.bytes_) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(place_, other.place_);
  std::swap(host_memory_, other.host_memory_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Buffer::~Buffer() {
  if (data_ == nullptr) return;
  if (place_.kind == Place::Kind::host && host_memory_ == HostMemory::pageable) {
    std::free(data_);
  } else if (place_.kind == Place::Kind::host && host_memory_ == HostMemory::managed) {
    cudaFree(data_);
  } else if (place_.kind == Place::Kind::host) {
    cudaFreeHost(data_);
  } else {
    const DeviceScope scope(place_.index);
    cudaFree(data_);
  }
}

Expected<Stream> Stream::create(int device) {
  const DeviceScope scope(device);
  cudaStream_t stream = nullptr;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking)));
  return Stream(device, stream);
}

Stream::Stream(Stream&& other) noexcept
    : device_(other.device_), stream_(std::exchange(other.stream_, nullptr)) {}

Stream::~Stream() {
  if (stream_ == nullptr) return;
  const DeviceScope scope(device_);
  cudaStreamDestroy(stream_);
}

Expected<Event> Event::create(int device) {
  const DeviceScope scope(device);
  cudaEvent_t event = nullptr;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventCreateWithFlags(&event, cudaEventDefault)));
  return Event(event);
}

Event::Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}

Event::~Event() {
  if (event_ != nullptr) cudaEventDestroy(event_);
}

Expected<double> seconds_between(const Event& start, const Event& end) {
  float milliseconds = 0;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventElapsedTime(&milliseconds, start.get(), end.get())));
  return static_cast<double>(milliseconds) * 1e-3;
}

}  // namespace peerbench::measure
