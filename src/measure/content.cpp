// SPDX-License-Identifier: Apache-2.0
#include "measure/content.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/checked.hpp"
#include "measure/await.hpp"

namespace peerbench::measure {

namespace {

std::string memory_of(const Buffer& buffer) {
  return fmt::format("{} of {}'s memory", format_bytes(buffer.bytes()), name(buffer.place()));
}

// What `queue(stream)` queues on the GPU whose memory it is, until it has ended.
template <typename Queue>
Expected<void> by_owner(const Buffer& buffer, const char* doing, const Queue& queue) {
  auto stream = Stream::create(buffer.place().index);
  if (!stream) return tl::unexpected(stream.error());
  PEERBENCH_ON_DEVICE(buffer.place().index);
  PEERBENCH_TRY(queue(stream->get()));
  return finish(*stream, fmt::format("{} {}", doing, memory_of(buffer)));
}

}  // namespace

Expected<void> fill(const Buffer& buffer, std::uint64_t seed, kernels::Content content) {
  if (buffer.place().kind == Place::Kind::host) {
    kernels::with_content(content, [&]<kernels::Content each>() {
      kernels::fill_body<each>(static_cast<unsigned char*>(buffer.data()), buffer.bytes(), seed, 0,
                               1);
    });
    return {};
  }
  return by_owner(buffer, "filling", [&](cudaStream_t stream) {
    return PEERBENCH_CUDA(
        kernels::launch_fill(buffer.data(), buffer.bytes(), seed, stream, content));
  });
}

Expected<void> put(const Buffer& buffer, const void* from, Bytes bytes) {
  if (buffer.place().kind == Place::Kind::host) {
    std::memcpy(buffer.data(), from, bytes);
    return {};
  }
  return by_owner(buffer, "writing", [&](cudaStream_t stream) {
    return PEERBENCH_CUDA(cudaMemcpyAsync(buffer.data(), from, bytes, cudaMemcpyDefault, stream));
  });
}

Expected<void> take(const Buffer& buffer, void* to, Bytes bytes) {
  return by_owner(buffer, "reading", [&](cudaStream_t stream) {
    return PEERBENCH_CUDA(cudaMemcpyAsync(to, buffer.data(), bytes, cudaMemcpyDefault, stream));
  });
}

Expected<void> fill_by_host(const Buffer& buffer, std::uint64_t seed, kernels::Content content) {
  if (buffer.place().kind == Place::Kind::host) return fill(buffer, seed, content);
  const auto made = Buffer::allocate(host(), buffer.bytes());
  if (!made) return tl::unexpected(made.error());
  PEERBENCH_TRY(fill(*made, seed, content));
  return put(buffer, made->data(), buffer.bytes());
}

Expected<void> fill_numbers(const Buffer& buffer, kernels::Real real, std::uint32_t rank,
                            std::uint64_t seed) {
  return by_owner(buffer, "filling", [&](cudaStream_t stream) {
    return PEERBENCH_CUDA(kernels::launch_fill_numbers(
        buffer.data(), buffer.bytes() / kernels::bytes_of(real), real, rank, seed, stream));
  });
}

Expected<void> fill_with_no_numbers(const Buffer& buffer) {
  constexpr int no_number = 0xff;
  return by_owner(buffer, "filling", [&](cudaStream_t stream) {
    return PEERBENCH_CUDA(cudaMemsetAsync(buffer.data(), no_number, buffer.bytes(), stream));
  });
}

namespace {

// What a kernel of GPU `reader` makes of `found`, which lies in that GPU's memory meanwhile:
// `launch(address, stream)` queues it. It is read once the kernel has ended: a copy to pageable
// memory would hold the host until then.
template <typename Found, typename Launch>
Expected<Found> found_by(int reader, Found found, const std::string& doing, const Launch& launch) {
  auto stream = Stream::create(reader);
  if (!stream) return tl::unexpected(stream.error());
  auto there = Buffer::allocate(gpu(reader), sizeof found);
  if (!there) return tl::unexpected(there.error());
  PEERBENCH_ON_DEVICE(reader);
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaMemcpyAsync(there->data(), &found, sizeof found, cudaMemcpyHostToDevice, stream->get())));
  PEERBENCH_TRY(check_cuda(launch(static_cast<Found*>(there->data()), stream->get()),
                           ("launching a kernel for " + doing).c_str()));
  if (auto checked = finish(*stream, doing); !checked) {
    if (checked.error().kind == ErrorKind::hang) there->abandon();
    return tl::unexpected(checked.error());
  }
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaMemcpyAsync(&found, there->data(), sizeof found, cudaMemcpyDeviceToHost, stream->get())));
  PEERBENCH_TRY(finish(*stream, "reading what was found by " + doing));
  return found;
}

// By a kernel of GPU `reader`.
Expected<kernels::PatternReport> check_by(int reader, const Buffer& buffer, std::uint64_t seed,
                                          kernels::Content content) {
  return found_by(reader, kernels::PatternReport(), "checking " + memory_of(buffer),
                  [&](kernels::PatternReport* report, cudaStream_t stream) {
                    return kernels::launch_check(buffer.data(), buffer.bytes(), seed, report,
                                                 stream, content);
                  });
}

}  // namespace

Expected<kernels::PatternReport> check(const Buffer& buffer, std::uint64_t seed,
                                       kernels::Content content) {
  if (buffer.place().kind != Place::Kind::host) {
    return check_by(buffer.place().index, buffer, seed, content);
  }
  return kernels::with_content(content, [&]<kernels::Content each>() {
    return kernels::check_body<each>(static_cast<const unsigned char*>(buffer.data()),
                                     buffer.bytes(), seed, 0, 1);
  });
}

Expected<kernels::PatternReport> check_by_host(const Buffer& buffer, std::uint64_t seed,
                                               kernels::Content content) {
  if (buffer.place().kind == Place::Kind::host) return check(buffer, seed, content);
  const auto taken = Buffer::allocate(host(), buffer.bytes());
  if (!taken) return tl::unexpected(taken.error());
  PEERBENCH_TRY(take(buffer, taken->data(), buffer.bytes()));
  return check(*taken, seed, content);
}

Expected<kernels::PatternReport> check_through_window(const Buffer& buffer, int reader,
                                                      std::uint64_t seed,
                                                      kernels::Content content) {
  return check_by(reader, buffer, seed, content);
}

Expected<kernels::PatternReport> check_numbers(const Buffer& buffer, std::size_t first,
                                               std::size_t count, kernels::Real real,
                                               kernels::SumOf sum, std::uint64_t seed) {
  const auto* const from =
      static_cast<const std::byte*>(buffer.data()) + first * kernels::bytes_of(real);
  return found_by(buffer.place().index, kernels::PatternReport(), "checking " + memory_of(buffer),
                  [&](kernels::PatternReport* report, cudaStream_t stream) {
                    return kernels::launch_check_numbers(from, count, real, sum, seed, report,
                                                         stream);
                  });
}

Expected<std::uint64_t> pattern_sum(int by, Bytes bytes, std::uint64_t seed) {
  return found_by(by, std::uint64_t{0}, "adding up " + format_bytes(bytes) + " of the pattern",
                  [&](std::uint64_t* sum, cudaStream_t stream) {
                    return kernels::launch_pattern_sum(bytes, seed, sum, stream);
                  });
}

}  // namespace peerbench::measure
