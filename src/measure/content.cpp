#include "measure/content.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/checked.hpp"
#include "measure/await.hpp"

namespace peerbench::measure {

namespace {

/// Waits for all that is in the stream, `doing` so many bytes of the buffer. What never ends keeps
/// the stream; the buffer is its owner's to abandon.
Expected<void> finish(Stream& stream, const char* doing, const Buffer& buffer) {
  return await([&] { return cudaStreamQuery(stream.get()); },
               {.what = fmt::format("{} {} of {}'s memory", doing, format_bytes(buffer.bytes()),
                                    name(buffer.place())),
                .abandon = [&] { stream.abandon(); }});
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
  auto stream = Stream::create(buffer.place().index);
  if (!stream) return tl::unexpected(stream.error());
  PEERBENCH_ON_DEVICE(buffer.place().index);
  PEERBENCH_TRY(PEERBENCH_CUDA(
      kernels::launch_fill(buffer.data(), buffer.bytes(), seed, stream->get(), content)));
  return finish(*stream, "filling", buffer);
}

Expected<void> put(const Buffer& buffer, const void* from, Bytes bytes) {
  if (buffer.place().kind == Place::Kind::host) {
    std::memcpy(buffer.data(), from, bytes);
    return {};
  }
  auto stream = Stream::create(buffer.place().index);
  if (!stream) return tl::unexpected(stream.error());
  PEERBENCH_ON_DEVICE(buffer.place().index);
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaMemcpyAsync(buffer.data(), from, bytes, cudaMemcpyDefault, stream->get())));
  return finish(*stream, "writing", buffer);
}

namespace {

// By a kernel of GPU `reader`. The report is asked for once that has ended: a copy to pageable
// memory would hold the host until then.
Expected<kernels::PatternReport> check_by(int reader, const Buffer& buffer, std::uint64_t seed,
                                          kernels::Content content) {
  auto stream = Stream::create(reader);
  if (!stream) return tl::unexpected(stream.error());
  auto report = Buffer::allocate(gpu(reader), sizeof(kernels::PatternReport));
  if (!report) return tl::unexpected(report.error());

  kernels::PatternReport found;
  PEERBENCH_ON_DEVICE(reader);
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaMemcpyAsync(report->data(), &found, sizeof found,
                                               cudaMemcpyHostToDevice, stream->get())));
  PEERBENCH_TRY(PEERBENCH_CUDA(kernels::launch_check(
      buffer.data(), buffer.bytes(), seed, static_cast<kernels::PatternReport*>(report->data()),
      stream->get(), content)));
  if (auto checked = finish(*stream, "checking", buffer); !checked) {
    if (checked.error().kind == ErrorKind::hang) report->abandon();
    return tl::unexpected(checked.error());
  }
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaMemcpyAsync(&found, report->data(), sizeof found,
                                               cudaMemcpyDeviceToHost, stream->get())));
  PEERBENCH_TRY(finish(*stream, "reading the report on", buffer));
  return found;
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

Expected<kernels::PatternReport> check_through_window(const Buffer& buffer, int reader,
                                                      std::uint64_t seed,
                                                      kernels::Content content) {
  return check_by(reader, buffer, seed, content);
}

}  // namespace peerbench::measure
