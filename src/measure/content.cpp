#include "measure/content.hpp"

#include "base/checked.hpp"

namespace peerbench::measure {

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
  const DeviceScope scope(buffer.place().index);
  PEERBENCH_TRY(PEERBENCH_CUDA(
      kernels::launch_fill(buffer.data(), buffer.bytes(), seed, stream->get(), content)));
  return PEERBENCH_CUDA(cudaStreamSynchronize(stream->get()));
}

namespace {

// By a kernel of GPU `reader`.
Expected<kernels::PatternReport> check_by(int reader, const Buffer& buffer, std::uint64_t seed,
                                          kernels::Content content) {
  auto stream = Stream::create(reader);
  if (!stream) return tl::unexpected(stream.error());
  auto report = Buffer::allocate(gpu(reader), sizeof(kernels::PatternReport));
  if (!report) return tl::unexpected(report.error());

  kernels::PatternReport found;
  const DeviceScope scope(reader);
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaMemcpyAsync(report->data(), &found, sizeof found,
                                               cudaMemcpyHostToDevice, stream->get())));
  PEERBENCH_TRY(PEERBENCH_CUDA(kernels::launch_check(
      buffer.data(), buffer.bytes(), seed, static_cast<kernels::PatternReport*>(report->data()),
      stream->get(), content)));
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaMemcpyAsync(&found, report->data(), sizeof found,
                                               cudaMemcpyDeviceToHost, stream->get())));
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamSynchronize(stream->get())));
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
