#include "measure/lane.hpp"

#include <fmt/format.h>

#include <numeric>
#include <vector>

#include "base/checked.hpp"
#include "measure/content.hpp"
#include "measure/pool_memory.hpp"

namespace peerbench::measure {

namespace {

using kernels::Content;

bool between_gpus(const Transfer& transfer) {
  return transfer.source.kind == Place::Kind::gpu &&
         transfer.destination.kind == Place::Kind::gpu && transfer.source != transfer.destination;
}

Expected<void> can_issue(const Transfer& transfer, bool peer_access) {
  const bool by_gpu = transfer.issuer.kind == Place::Kind::gpu;
  if (!by_gpu || (transfer.engine != Engine::ce && transfer.engine != Engine::sm)) {
    return fail(ErrorKind::unsupported,
                "only copy engines and kernels of a GPU can be timed by its events");
  }
  if (transfer.engine == Engine::ce) {
    if (transfer.op == Op::copy) return {};
    return fail(ErrorKind::unsupported, "a copy engine can only copy");
  }
  if (transfer.host_memory == HostMemory::pageable) {
    return fail(ErrorKind::unsupported, "a kernel reaches no pageable memory of the host");
  }
  const bool at_an_end =
      transfer.issuer == transfer.source || transfer.issuer == transfer.destination;
  const bool local = transfer.source == transfer.issuer && transfer.destination == transfer.issuer;
  if (!at_an_end || (transfer.op != Op::copy && !local)) {
    return fail(ErrorKind::unsupported,
                "a kernel works on memory of its own GPU, or copies from or "
                "to it");
  }
  PEERBENCH_TRY(can_have(transfer.issuer.index, transfer.memory));
  if (between_gpus(transfer) && !peer_access) {
    return fail(ErrorKind::unsupported,
                "a kernel reaches another GPU's memory only with peer access");
  }
  return {};
}

}  // namespace

Expected<Lane> Lane::create(const Transfer& transfer, bool peer_access) {
  PEERBENCH_TRY(can_issue(transfer, peer_access));
  auto stream = Stream::create(transfer.issuer.index);
  if (!stream) return tl::unexpected(stream.error());
  auto begin = Event::create(transfer.issuer.index);
  if (!begin) return tl::unexpected(begin.error());
  auto end = Event::create(transfer.issuer.index);
  if (!end) return tl::unexpected(end.error());
  Lane lane(transfer, std::move(*stream), std::move(*begin), std::move(*end));
  lane.pushes_ = peer_access && between_gpus(transfer) && transfer.issuer == transfer.source;
  PEERBENCH_TRY(lane.allocate());
  return lane;
}

Expected<void> Lane::allocate() {
  if (transfer_.engine == Engine::sm) {
    const DeviceScope scope(transfer_.issuer.index);
    PEERBENCH_TRY(PEERBENCH_CUDA(kernels::saturating_blocks(transfer_.op, blocks_)));
  }
  const Buffer* const sums_of_a_read = transfer_.op == Op::read ? &destination_ : nullptr;
  const auto allocate_one = [&](Buffer& buffer, Place place, Bytes bytes) -> Expected<void> {
    const bool chosen = place.kind == Place::Kind::gpu && transfer_.memory != Memory::device &&
                        &buffer != sums_of_a_read;
    auto made = chosen ? Buffer::allocate_for(place.index, bytes, transfer_.memory)
                       : Buffer::allocate(place, bytes, transfer_.host_memory);
    if (!made) return tl::unexpected(made.error());
    buffer = std::move(*made);
    if (chosen && transfer_.first_touch == FirstTouch::cpu) return touch_by_cpu(buffer);
    return {};
  };
  if (transfer_.op != Op::write) {
    PEERBENCH_TRY(allocate_one(source_, transfer_.source, transfer_.bytes));
  }
  if (transfer_.op == Op::triad) {
    PEERBENCH_TRY(allocate_one(second_, transfer_.source, transfer_.bytes));
  }
  const Bytes written =
      transfer_.op == Op::read ? blocks_ * sizeof(std::uint64_t) : transfer_.bytes;
  return allocate_one(destination_, transfer_.destination, written);
}

Expected<void> Lane::queue() const {
  return transfer_.engine == Engine::sm ? queue_kernel() : queue_copy();
}

Expected<void> Lane::queue_kernel() const {
  const Bytes bytes = transfer_.bytes;
  const auto stream = stream_.get();
  switch (transfer_.op) {
    case Op::read:
      return PEERBENCH_CUDA(kernels::launch_read(source_.data(), bytes,
                                                 static_cast<std::uint64_t*>(destination_.data()),
                                                 blocks_, stream));
    case Op::write:
      return PEERBENCH_CUDA(
          kernels::launch_write(destination_.data(), bytes, seed_, blocks_, stream));
    case Op::triad:
      return PEERBENCH_CUDA(kernels::launch_triad(
          static_cast<double*>(destination_.data()), static_cast<const double*>(source_.data()),
          static_cast<const double*>(second_.data()), bytes / 8, blocks_, stream));
    case Op::copy:
      break;
  }
  return PEERBENCH_CUDA(
      kernels::launch_copy(destination_.data(), source_.data(), bytes, blocks_, stream));
}

Expected<void> Lane::queue_copy() const {
  if (between_gpus(transfer_)) {
    return PEERBENCH_CUDA(cudaMemcpyPeerAsync(destination_.data(), transfer_.destination.index,
                                              source_.data(), transfer_.source.index,
                                              transfer_.bytes, stream_.get()));
  }
  return PEERBENCH_CUDA(cudaMemcpyAsync(destination_.data(), source_.data(), transfer_.bytes,
                                        cudaMemcpyDefault, stream_.get()));
}

Expected<void> Lane::fill_source(std::uint64_t seed) {
  seed_ = seed;
  if (transfer_.op == Op::write) return {};
  if (transfer_.op != Op::triad) return fill(source_, seed);
  PEERBENCH_TRY(fill(source_, seed, Content::real_b));
  return fill(second_, seed, Content::real_c);
}

Expected<void> Lane::poison_destination() const { return fill(destination_, poison_seed); }

Expected<std::string> Lane::find_corruption(std::uint64_t seed) const {
  if (transfer_.op == Op::read) return find_wrong_sum(seed);
  const Content content = transfer_.op == Op::write   ? Content::written
                          : transfer_.op == Op::triad ? Content::triad
                                                      : Content::pattern;
  // A triad leaves alone what is no whole double; sizes are multiples of 8 wherever it is asked
  // for.
  auto report = check(destination_, seed, content);
  if (!report) return tl::unexpected(report.error());
  if (report->wrong_words == 0) return std::string();
  const std::string owner = name(transfer_.destination);
  const std::string what =
      transfer_.source == transfer_.destination
          ? fmt::format("of a {} in {}'s memory", name(transfer_.op), owner)
          : fmt::format("that {} received from {}", owner, name(transfer_.source));
  std::string found = fmt::format(
      "{} of {} 8-byte words {} are wrong, the first at byte {}; checked on {}'s own side",
      report->wrong_words, (transfer_.bytes + 7) / 8, what, report->first_wrong * 8, owner);
  if (!pushes_) return found;
  // A tool that checks where it wrote sees nothing wrong here.
  const auto window = check_through_window(destination_, transfer_.issuer.index, seed, content);
  if (window && window->wrong_words == 0) {
    found += fmt::format(
        "; {0} reads all of it back as it wrote it, so its window onto {1} leads to memory that "
        "{1} never sees: an IOMMU that translates peer traffic does this (boot with iommu=pt or "
        "iommu=off)",
        name(transfer_.issuer), owner);
  }
  return found;
}

Expected<std::string> Lane::find_wrong_sum(std::uint64_t seed) const {
  std::vector<std::uint64_t> sums(blocks_);
  const DeviceScope scope(transfer_.issuer.index);
  PEERBENCH_TRY(
      PEERBENCH_CUDA(cudaMemcpy(sums.data(), destination_.data(),
                                sums.size() * sizeof(std::uint64_t), cudaMemcpyDeviceToHost)));
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < transfer_.bytes / 8; ++i)
    expected += kernels::pattern_word(i, seed);
  if (const Bytes part = transfer_.bytes % 8; part != 0) {
    const std::uint64_t last = kernels::pattern_word(transfer_.bytes / 8, seed);
    expected += last & ((std::uint64_t{1} << (8 * part)) - 1);
  }
  const std::uint64_t found = std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
  if (found == expected) return std::string();
  return fmt::format(
      "the sum that {} read of {} of its memory is {:016x}, not {:016x} as of what "
      "was put there",
      name(transfer_.issuer), format_bytes(transfer_.bytes), found, expected);
}

Expected<void> Lane::send_to_host() const {
  if (!transfer_.from_host_each_time) return {};
  return measure::send_to_host(source_, stream_);
}

void Lane::abandon() {
  source_.abandon();
  second_.abandon();
  destination_.abandon();
  stream_.abandon();
  begin_.abandon();
  end_.abandon();
}

}  // namespace peerbench::measure
