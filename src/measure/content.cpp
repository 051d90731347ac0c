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

// What a kernel of GPU `reader` makes of `found`, which lies in that GPU's memory meanwhile:
// `launch(address, stream)` queues it.
template <typename Found, typename Launch>
Expected<Found> found_by(int reader, Found found, const Launch& launch) {
  auto stream = Stream::create(reader);
  if (!stream) return tl::unexpected(stream.error());
  auto there = Buffer::allocate(gpu(reader), sizeof found);
  if (!there) return tl::unexpected(there.error());
  const DeviceScope scope(reader);
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaMemcpyAsync(there->data(), &found, sizeof found, cudaMemcpyHostToDevice, stream->get())));
  PEERBENCH_TRY(PEERBENCH_CUDA(launch(static_cast<Found*>(there->data()), stream->get())));
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaMemcpyAsync(&found, there->data(), sizeof found, cudaMemcpyDeviceToHost, stream->get())));
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamSynchronize(stream->get())));
  return found;
}

// By a kernel of GPU `reader`.
Expected<kernels::PatternReport> check_by(int reader, const Buffer& buffer, std::uint64_t seed,
                                          kernels::Content content) {
  return found_by(
      reader, kernels::PatternReport(), [&](kernels::PatternReport* report, cudaStream_t stream) {
        return kernels::launch_check(buffer.data(), buffer.bytes(), seed, report, stream, content);
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

Expected<kernels::PatternReport> check_through_window(const Buffer& buffer, int reader,
                                                      std::uint64_t seed,
                                                      kernels::Content content) {
  return check_by(reader, buffer, seed, content);
}

Expected<std::uint64_t> pattern_sum(int by, Bytes bytes, std::uint64_t seed) {
  return found_by(by, std::uint64_t{0}, [&](std::uint64_t* sum, cudaStream_t stream) {
    return kernels::launch_pattern_sum(bytes, seed, sum, stream);
  });
}

}  // namespace peerbench::measure
