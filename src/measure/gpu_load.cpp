// SPDX-License-Identifier: Apache-2.0
#include "measure/gpu_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/checked.hpp"
#include "base/clock.hpp"
#include "base/left_behind.hpp"
#include "measure/await.hpp"
#include "measure/content.hpp"

namespace peerbench::measure {

namespace {

// Kernels and their events together stay below the launch queue's 1024 entries, past which the
// driver would hold the host in the middle of the work.
constexpr std::size_t most_repeats = 480;
// As long as a kernel lasts nothing may come between its end and the host's seeing it.
constexpr auto eager = std::chrono::milliseconds(100);

}  // namespace

Expected<GpuLoad> GpuLoad::create(const Transfer& transfer, std::uint64_t seed) {
  auto stream = TransferStream::create(transfer, false);
  if (!stream) return tl::unexpected(stream.error());
  GpuLoad load(std::move(*stream), content_seed(seed, 0));
  auto filled = load.stream_.poison_destination();
  if (filled) filled = load.stream_.fill_source(load.seed_);
  if (filled) return load;
  if (filled.error().kind == ErrorKind::hang) load.abandon();
  return tl::unexpected(filled.error());
}

Expected<double> GpuLoad::around(const TakeSample& work) {
  PEERBENCH_ON_DEVICE(stream_.cuda_stream().device());
  while (true) {
    PEERBENCH_TRY(start());
    PEERBENCH_TRY(await(ends_.front()));
    const auto from = HostClock::now();
    auto value = work();
    const double seconds = std::chrono::duration<double>(HostClock::now() - from).count();
    const cudaError_t last = cudaEventQuery(ends_[repeats_ - 1].get());
    if (last == cudaErrorNotReady) {
      cudaGetLastError();  // "not ready" is no error
    } else {
      PEERBENCH_TRY(check_cuda(last, "cudaEventQuery(last kernel)"));
    }
    PEERBENCH_TRY(await(ends_[repeats_ - 1]));
    if (!value) return value;
    if (last == cudaErrorNotReady) {
      const auto bytes = bytes_within(seconds);
      if (!bytes) return tl::unexpected(bytes.error());
      rates_.push_back(gigabytes_per_second(*bytes, seconds));
      return value;
    }
    if (repeats_ == most_repeats) {
      return fail(ErrorKind::device, fmt::format("{} kernels of {} ended before the CPU did; look "
                                                 "for other work on the CPU and measure again",
                                                 most_repeats, name(stream_.transfer().issuer)));
    }
    repeats_ = std::min(2 * repeats_, most_repeats);
  }
}

Expected<void> GpuLoad::start() {
  while (ends_.size() < repeats_) {
    auto end = Event::create(stream_.cuda_stream().device());
    if (!end) return tl::unexpected(end.error());
    ends_.push_back(std::move(*end));
  }
  for (std::size_t i = 0; i < repeats_; ++i) {
    PEERBENCH_TRY(stream_.queue());
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(ends_[i].get(), stream_.cuda_stream().get())));
  }
  return {};
}

Expected<void> GpuLoad::await(const Event& end) {
  return measure::await([&] { return cudaEventQuery(end.get()); },
                        {.what = fmt::format("a kernel of {}", name(stream_.transfer().issuer)),
                         .eager = eager,
                         .abandon = [this] { abandon(); }});
}

Expected<std::string> GpuLoad::find_corruption() {
  auto found = stream_.find_corruption(seed_);
  if (!found && found.error().kind == ErrorKind::hang) abandon();
  return found;
}

// What a hung GPU holds cannot be given back: that would wait for it.
void GpuLoad::abandon() {
  hung_ = true;
  leave_behind();
  stream_.abandon();
  for (Event& each : ends_) each.abandon();
}

// Whole repetitions after the first, and of the one that the window's end cuts its part.
Expected<double> GpuLoad::bytes_within(double seconds) const {
  const auto bytes = static_cast<double>(stream_.transfer().bytes);
  double before = 0;
  for (std::size_t i = 1; i < repeats_; ++i) {
    auto end = seconds_between(ends_.front(), ends_[i]);
    if (!end) return end;
    if (*end >= seconds) {
      const double part = (seconds - before) / (*end - before);
      return (static_cast<double>(i - 1) + part) * bytes;
    }
    before = *end;
  }
  return static_cast<double>(repeats_ - 1) * bytes;
}

}  // namespace peerbench::measure
