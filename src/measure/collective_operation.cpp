// SPDX-License-Identifier: Apache-2.0
#include "measure/collective_operation.hpp"

#include <utility>

namespace peerbench::measure {

std::size_t elements_of_call(const CollectiveRequest& request) {
  const CollectiveRow& row = row_of(request.op);
  const bool parts = row.parts_from || row.parts_to || request.op == Collective::all_to_all;
  const std::size_t all = request.bytes / kernels::bytes_of(request.real);
  return parts ? all / request.gpus.size() : all;
}

std::vector<kernels::SumOf> sums_received(const CollectiveRequest& request, std::size_t rank) {
  const auto number = static_cast<std::uint32_t>(rank);
  const auto all = static_cast<std::uint32_t>(request.gpus.size());
  const std::size_t own_part = rank * elements_of_call(request);
  switch (request.op) {
    case Collective::all_reduce:
      return {{0, 0, all}};
    case Collective::reduce_scatter:
      return {{own_part, 0, all}};
    case Collective::broadcast:
      return {{0, 0, 1}};
    case Collective::send_recv:
      return {{0, (number + all - 1) % all, 1}};
    case Collective::send:
      if (rank == 0) return {};
      return {{0, 0, 1}};
    case Collective::all_gather:
    case Collective::all_to_all:
      break;
  }
  std::vector<kernels::SumOf> blocks;
  for (std::uint32_t other = 0; other < all; ++other) {
    blocks.push_back({request.op == Collective::all_to_all ? own_part : 0, other, 1});
  }
  return blocks;
}

CollectiveOperation::CollectiveOperation(const nccl::Functions& call,
                                         const CollectiveRequest& request, std::vector<Rank> ranks)
    : call_(call),
      op_(request.op),
      type_(request.real == kernels::Real::half ? nccl::float16 : nccl::float32),
      element_bytes_(kernels::bytes_of(request.real)),
      count_(elements_of_call(request)),
      ranks_(std::move(ranks)) {}

nccl::Result CollectiveOperation::queue() const {
  nccl::Result result = call_.group_start();
  for (std::size_t rank = 0; rank < ranks_.size() && !nccl::is_error(result); ++rank) {
    result = call_for(rank);
  }
  const nccl::Result ended = call_.group_end();
  return nccl::is_error(result) ? result : ended;
}

nccl::Result CollectiveOperation::call_for(std::size_t rank) const {
  const auto& [comm, from, to, stream] = ranks_[rank];
  const std::size_t ranks = ranks_.size();
  switch (op_) {
    case Collective::all_reduce:
      return call_.all_reduce(from, to, count_, type_, nccl::sum, comm, stream);
    case Collective::all_gather:
      return call_.all_gather(from, to, count_, type_, comm, stream);
    case Collective::reduce_scatter:
      return call_.reduce_scatter(from, to, count_, type_, nccl::sum, comm, stream);
    case Collective::broadcast:
      return call_.broadcast(from, to, count_, type_, 0, comm, stream);
    case Collective::send_recv:
      return exchange(ranks_[rank], 0, (rank + 1) % ranks, 0, (rank + ranks - 1) % ranks);
    case Collective::send:
      return rank == 0 ? call_.send(from, count_, type_, 1, comm, stream)
                       : call_.receive(to, count_, type_, 0, comm, stream);
    case Collective::all_to_all:
      break;
  }
  return all_to_all(ranks_[rank]);
}

// By NCCL's own call where the library has it, as nccl-tests does: that may take ways that messages
// do not, and costs the host one call instead of two for each peer.
nccl::Result CollectiveOperation::all_to_all(const Rank& mine) const {
  if (call_.all_to_all != nullptr) {
    return call_.all_to_all(mine.from, mine.to, count_, type_, mine.comm, mine.stream);
  }
  for (std::size_t peer = 0; peer < ranks_.size(); ++peer) {
    const std::size_t offset = peer * count_ * element_bytes_;
    const nccl::Result done = exchange(mine, offset, peer, offset, peer);
    if (nccl::is_error(done)) return done;
  }
  return nccl::success;
}

nccl::Result CollectiveOperation::exchange(const Rank& mine, std::size_t give_at,
                                           std::size_t receiver, std::size_t get_at,
                                           std::size_t sender) const {
  const nccl::Result sent = call_.send(mine.from + give_at, count_, type_,
                                       static_cast<int>(receiver), mine.comm, mine.stream);
  if (nccl::is_error(sent)) return sent;
  return call_.receive(mine.to + get_at, count_, type_, static_cast<int>(sender), mine.comm,
                       mine.stream);
}

}  // namespace peerbench::measure
