// SPDX-License-Identifier: Apache-2.0
#include "measure/transfer_stream.hpp"

#include <algorithm>
#include <utility>

#include "base/checked.hpp"
#include "kernels/move.hpp"
#include "measure/content.hpp"
#include "measure/pool_memory.hpp"

namespace peerbench::measure {

namespace {

/// The operation of the transfer, where its issuer and engine have it.
Expected<const Operation*> find_operation(const Transfer& transfer) {
  const bool by_gpu = transfer.issuer.kind == Place::Kind::gpu;
  if (!by_gpu || !has_operations(transfer.engine)) {
    return fail(ErrorKind::unsupported,
                "only copy engines and kernels of a GPU can be timed by its events");
  }
  const Operation* const found = operation_for(transfer.engine, transfer.op);
  if (found == nullptr) return fail(ErrorKind::unsupported, "a copy engine can only copy");
  return found;
}

/// Whether a kernel of the issuer reaches all the memory that the operation is to work on.
Expected<void> check_kernel(const Operation& operation, const Transfer& transfer,
                            bool peer_access) {
  if (transfer.host_memory == MemoryKind::pageable) {
    return fail(ErrorKind::unsupported, "a kernel reaches no pageable memory of the host");
  }
  PEERBENCH_TRY(operation.check(transfer));
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

}  // namespace

TransferStream::TransferStream(const Operation& operation, const Transfer& transfer, Stream stream,
                               Event begin, Event end)
    : operation_(&operation),
      stream_(std::move(stream)),
      begin_(std::move(begin)),
      end_(std::move(end)) {
  memory_.transfer = transfer;
}

Expected<TransferStream> TransferStream::create(const Transfer& transfer, bool peer_access,
                                                int sharing, bool kernels) {
  const auto operation = find_operation(transfer);
  if (!operation) return tl::unexpected(operation.error());
  const bool by_kernel = (*operation)->is_kernel();
  if (by_kernel && !kernels) {
    return fail(ErrorKind::unsupported, "this build has no kernels for the GPU");
  }
  PEERBENCH_TRY(by_kernel ? check_kernel(**operation, transfer, peer_access)
                          : (*operation)->check(transfer));
  auto made = Stream::create(transfer.issuer.index);
  if (!made) return tl::unexpected(made.error());
  auto begin = Event::create(transfer.issuer.index);
  if (!begin) return tl::unexpected(begin.error());
  auto end = Event::create(transfer.issuer.index);
  if (!end) return tl::unexpected(end.error());
  TransferStream stream(**operation, transfer, std::move(*made), std::move(*begin),
                        std::move(*end));
  stream.memory_.by_host = !kernels;
  stream.memory_.pushes =
      peer_access && between_gpus(transfer) && transfer.issuer == transfer.source;
  if (by_kernel) {
    const auto blocks = blocks_for(transfer, static_cast<unsigned>(sharing));
    if (!blocks) return tl::unexpected(blocks.error());
    stream.memory_.blocks = *blocks;
  }
  PEERBENCH_TRY((*operation)->allocate(stream.memory_));
  return stream;
}

Expected<void> TransferStream::join(std::vector<TransferStream>& all) {
  std::vector<TransferMemory*> memories;
  for (TransferStream& stream : all) memories.push_back(&stream.memory_);
  return all.front().operation_->join(memories);
}

Expected<void> TransferStream::queue() {
  PEERBENCH_TRY(DeviceScope::require(stream_.device()));
  ++memory_.launches;
  return operation_->queue(memory_, stream_.get());
}

Expected<void> TransferStream::record_end() const {
  PEERBENCH_ON_DEVICE(stream_.device());
  return PEERBENCH_CUDA(cudaEventRecord(end_.get(), stream_.get()));
}

Expected<void> TransferStream::fill_source(std::uint64_t seed) {
  memory_.seed = seed;
  memory_.launches = 0;
  return operation_->fill(memory_, seed);
}

Expected<void> TransferStream::poison_destination() const {
  return memory_.by_host ? fill_by_host(memory_.destination, poison_seed)
                         : fill(memory_.destination, poison_seed);
}

Expected<void> TransferStream::send_to_host() {
  if (!memory_.transfer.from_host_each_time) return {};
  return measure::send_to_host(memory_.source, stream_);
}

void TransferStream::abandon() {
  memory_.source.abandon();
  memory_.second.abandon();
  memory_.destination.abandon();
  stream_.abandon();
  begin_.abandon();
  end_.abandon();
}

}  // namespace peerbench::measure
