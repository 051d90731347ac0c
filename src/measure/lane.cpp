// SPDX-License-Identifier: Apache-2.0
#include "measure/lane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

#include "base/checked.hpp"
#include "kernels/chase.hpp"
#include "measure/chain.hpp"
#include "measure/content.hpp"
#include "measure/gate.hpp"
#include "measure/near_memory.hpp"
#include "measure/pool_memory.hpp"

namespace peerbench::measure {

namespace {

using kernels::Content;

bool between_gpus(const Transfer& transfer) {
  return transfer.source.kind == Place::Kind::gpu &&
         transfer.destination.kind == Place::Kind::gpu && transfer.source != transfer.destination;
}

Bytes stride_of(const Transfer& transfer) {
  return transfer.stride != 0 ? transfer.stride : chain_stride;
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
  if (transfer.op == Op::chase) {
    if (transfer.destination != transfer.issuer ||
        !Chain::fits(transfer.bytes, stride_of(transfer))) {
      return fail(ErrorKind::unsupported,
                  fmt::format("a chase is issued by the GPU that reads, over at least {}",
                              format_bytes(2 * stride_of(transfer))));
    }
  } else if (transfer.op == Op::ping_pong) {
    if (transfer.source != transfer.issuer || !between_gpus(transfer)) {
      return fail(ErrorKind::unsupported,
                  "a ping-pong goes from the GPU that issues it to another");
    }
  } else if (!at_an_end || (transfer.op != Op::copy && !local)) {
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

/// The kernel's part of the blocks that its GPU holds at the same time: whole ones for each
/// multiprocessor where there are enough for all that share them, and at least one.
Expected<unsigned> blocks_for(const Transfer& transfer, unsigned sharing) {
  const int device = transfer.issuer.index;
  PEERBENCH_ON_DEVICE(device);
  unsigned all = 0;
  int multiprocessors = 0;
  PEERBENCH_TRY(PEERBENCH_CUDA(kernels::saturating_blocks(transfer.op, all)));
  if (sharing == 1) return all;
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device)));
  const unsigned each = all / sharing;
  const auto one_round = static_cast<unsigned>(std::max(1, multiprocessors));
  return each >= one_round ? each / one_round * one_round : std::max(1u, each);
}

/// How long one side of a ping-pong waits for the other before it gives up: a thousand times what
/// it should take, or as long as a watchdog lets a kernel run.
std::chrono::nanoseconds ping_pong_limit(const Transfer& transfer) {
  return gate_limit(transfer.issuer.index, std::chrono::seconds(2));
}

// Seeds lie further apart than messages are ever sent.
std::uint64_t first_message(std::uint64_t seed) { return seed << 32; }

kernels::Mailbox* mailbox(const Buffer& buffer) {
  return static_cast<kernels::Mailbox*>(buffer.data());
}

}  // namespace

Expected<Lane> Lane::create(const Transfer& transfer, bool peer_access, int sharing) {
  PEERBENCH_TRY(can_issue(transfer, peer_access));
  auto stream = Stream::create(transfer.issuer.index);
  if (!stream) return tl::unexpected(stream.error());
  auto begin = Event::create(transfer.issuer.index);
  if (!begin) return tl::unexpected(begin.error());
  auto end = Event::create(transfer.issuer.index);
  if (!end) return tl::unexpected(end.error());
  Lane lane(transfer, std::move(*stream), std::move(*begin), std::move(*end));
  lane.pushes_ = peer_access && between_gpus(transfer) && transfer.issuer == transfer.source;
  PEERBENCH_TRY(lane.allocate(sharing));
  return lane;
}

Expected<void> Lane::allocate(int sharing) {
  if (transfer_.engine == Engine::sm) {
    const auto blocks = blocks_for(transfer_, static_cast<unsigned>(sharing));
    if (!blocks) return tl::unexpected(blocks.error());
    blocks_ = *blocks;
  }
  // A read's sums and where a chase stands are the kernel's own.
  const bool own = transfer_.op == Op::read || transfer_.op == Op::chase;
  const Buffer* const state = own ? &destination_ : nullptr;
  const auto allocate_one = [&](Buffer& buffer, Place place, Bytes bytes) -> Expected<void> {
    const bool chosen =
        place.kind == Place::Kind::gpu && transfer_.memory != Memory::device && &buffer != state;
    const bool pinned =
        chosen ? transfer_.memory == Memory::pinned
               : place.kind == Place::Kind::host && transfer_.host_memory == HostMemory::pinned;
    const NearMemory near(pinned ? transfer_.host_node : -1,
                          transfer_.far_node ? "not the card's" : "the card's");
    auto made = chosen ? Buffer::allocate_for(place.index, bytes, transfer_.memory)
                       : Buffer::allocate(place, bytes, transfer_.host_memory);
    if (!made) return tl::unexpected(made.error());
    if (pinned) memory_note_ = near.where(made->data(), bytes);
    buffer = std::move(*made);
    if (chosen && transfer_.first_touch == FirstTouch::cpu) return touch_by_cpu(buffer);
    return {};
  };
  if (transfer_.op != Op::write && transfer_.op != Op::ping_pong) {
    const bool chase = transfer_.op == Op::chase;
    PEERBENCH_TRY(allocate_one(source_, transfer_.source,
                               chase ? Chain::room(transfer_.bytes) : transfer_.bytes));
  }
  if (transfer_.op == Op::triad) {
    PEERBENCH_TRY(allocate_one(second_, transfer_.source, transfer_.bytes));
  }
  Bytes written = transfer_.bytes;
  if (transfer_.op == Op::read) written = blocks_ * sizeof(std::uint64_t);
  if (transfer_.op == Op::chase) written = sizeof(kernels::ChaseState);
  if (transfer_.op == Op::ping_pong) written = sizeof(kernels::Mailbox);
  return allocate_one(destination_, transfer_.destination, written);
}

Expected<void> Lane::queue() {
  ++launches_;
  return transfer_.engine == Engine::sm ? queue_kernel() : queue_copy();
}

Expected<void> Lane::record_end() const {
  PEERBENCH_ON_DEVICE(stream_.device());
  return PEERBENCH_CUDA(cudaEventRecord(end_.get(), stream_.get()));
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
    case Op::chase:
      return PEERBENCH_CUDA(kernels::launch_chase(
          static_cast<const std::uint64_t*>(source_.data()), source_.bytes() / 8 - 1,
          static_cast<kernels::ChaseState*>(destination_.data()), transfer_.steps, stream));
    case Op::ping_pong:
      return PEERBENCH_CUDA(kernels::launch_ping_pong(
          mine_, mailbox(destination_), transfer_.steps / 2, serves_,
          static_cast<std::uint64_t>(ping_pong_limit(transfer_).count()), stream));
    case Op::copy:
      break;
  }
  return PEERBENCH_CUDA(
      kernels::launch_copy(destination_.data(), source_.data(), bytes, blocks_, stream));
}

Expected<void> Lane::queue_copy() const {
  if (between_gpus(transfer_) && !transfer_.by_address) {
    return PEERBENCH_CUDA(cudaMemcpyPeerAsync(destination_.data(), transfer_.destination.index,
                                              source_.data(), transfer_.source.index,
                                              transfer_.bytes, stream_.get()));
  }
  return PEERBENCH_CUDA(cudaMemcpyAsync(destination_.data(), source_.data(), transfer_.bytes,
                                        cudaMemcpyDefault, stream_.get()));
}

Expected<void> Lane::fill_source(std::uint64_t seed) {
  seed_ = seed;
  launches_ = 0;
  if (transfer_.op == Op::write) return {};
  if (transfer_.op == Op::chase) return fill_chain(seed);
  if (transfer_.op == Op::ping_pong) return fill_mailbox(seed);
  if (transfer_.op != Op::triad) return fill(source_, seed);
  PEERBENCH_TRY(fill(source_, seed, Content::real_b));
  return fill(second_, seed, Content::real_c);
}

Expected<void> Lane::poison_destination() const { return fill(destination_, poison_seed); }

Expected<std::string> Lane::find_corruption(std::uint64_t seed) const {
  if (transfer_.op == Op::read) return find_wrong_sum(seed);
  if (transfer_.op == Op::chase) return find_wrong_end(seed);
  if (transfer_.op == Op::ping_pong) return find_wrong_message(seed);
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
  PEERBENCH_TRY(take(destination_, sums.data(), sums.size() * sizeof(std::uint64_t)));
  const auto expected = pattern_sum(transfer_.issuer.index, transfer_.bytes, seed);
  if (!expected) return tl::unexpected(expected.error());
  const std::uint64_t found = std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
  if (found == *expected) return std::string();
  return fmt::format(
      "the sum that {} read of {} of its memory is {:016x}, not {:016x} as of what "
      "was put there",
      name(transfer_.issuer), format_bytes(transfer_.bytes), found, *expected);
}

Expected<void> Lane::send_to_host() {
  if (!transfer_.from_host_each_time) return {};
  return measure::send_to_host(source_, stream_);
}

void Lane::answer(const Lane& other, bool serves) {
  mine_ = mailbox(other.destination_);
  serves_ = serves;
}

Expected<void> Lane::came_to_its_end() const {
  if (transfer_.op != Op::ping_pong) return {};
  const auto box = read_mailbox();
  if (!box) return tl::unexpected(box.error());
  if (box->timed_out == 0) return {};
  return fail(
      ErrorKind::hang,
      fmt::format(
          "{0} waited {2} s for {1}'s store to a flag in its memory, then gave up: what {1} "
          "stores there does not arrive, or the two kernels did not run at the same time",
          name(transfer_.destination), name(transfer_.source),
          std::chrono::duration<double>(ping_pong_limit(transfer_)).count()));
}

// By its owner; both ways begin with the same number, another one for each seed.
Expected<void> Lane::fill_mailbox(std::uint64_t seed) const {
  kernels::Mailbox start;
  start.flag = start.seen = first_message(seed);
  return put(destination_, &start, sizeof start);
}

Expected<kernels::Mailbox> Lane::read_mailbox() const {
  kernels::Mailbox box;
  PEERBENCH_TRY(take(destination_, &box, sizeof box));
  return box;
}

Expected<std::string> Lane::find_wrong_message(std::uint64_t seed) const {
  const auto box = read_mailbox();
  if (!box) return tl::unexpected(box.error());
  const std::uint64_t last = first_message(seed) + launches_ * (transfer_.steps / 2);
  if (box->flag == last && box->seen == last) return std::string();
  return fmt::format(
      "the last message that {} saw of {} is {}, and {} lies in its memory; {} was sent",
      name(transfer_.destination), name(transfer_.source), box->seen, box->flag, last);
}

// By each memory's owner; the chase begins at word 0.
Expected<void> Lane::fill_chain(std::uint64_t seed) const {
  const std::vector<std::uint64_t> words =
      Chain(transfer_.bytes, seed, stride_of(transfer_)).words();
  const kernels::ChaseState start;
  PEERBENCH_TRY(put(source_, words.data(), words.size() * sizeof(std::uint64_t)));
  return put(destination_, &start, sizeof start);
}

Expected<std::string> Lane::find_wrong_end(std::uint64_t seed) const {
  kernels::ChaseState end;
  PEERBENCH_TRY(take(destination_, &end, sizeof end));
  const std::uint64_t steps = launches_ * transfer_.steps;
  const std::uint64_t expected = Chain(transfer_.bytes, seed, stride_of(transfer_)).after(steps);
  if (end.steps == steps && end.at == expected) return std::string();
  return fmt::format(
      "after {} steps the chase of {} through memory of {} stands at word {} and counts {} steps; "
      "the list that {} holds leads to word {}",
      steps, name(transfer_.issuer), name(transfer_.source), end.at, end.steps,
      name(transfer_.source), expected);
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
