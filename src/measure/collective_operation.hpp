// SPDX-License-Identifier: Apache-2.0
// One collective as calls of NCCL: what each rank gives, gets and expects.
#pragma once

#include <cstddef>
#include <vector>

#include "measure/collective.hpp"
#include "measure/nccl_api.hpp"

namespace peerbench::measure {

/// Elements of one rank's call, as NCCL counts them.
std::size_t elements_of_call(const CollectiveRequest& request);

/// What a rank gets: blocks of equal length, each a sum. Empty where it gets nothing.
std::vector<kernels::SumOf> sums_received(const CollectiveRequest& request, std::size_t rank);

/// The calls of one collective for all ranks. A value that owns nothing but a table of functions,
/// so that a thread that never comes back from it can be left behind.
class CollectiveOperation {
 public:
  struct Rank {
    nccl::Comm comm = nullptr;
    const std::byte* from = nullptr;
    std::byte* to = nullptr;
    cudaStream_t stream = nullptr;
  };

  CollectiveOperation(const nccl::Functions& call, const CollectiveRequest& request,
                      std::vector<Rank> ranks);

  /// Puts it into the streams of all ranks, in one group. No device needs to be current: NCCL knows
  /// that of each communicator, and nccl-tests sets none either.
  nccl::Result queue() const;

 private:
  nccl::Result call_for(std::size_t rank) const;
  nccl::Result all_to_all(const Rank& mine) const;
  nccl::Result exchange(const Rank& mine, std::size_t give_at, std::size_t receiver,
                        std::size_t get_at, std::size_t sender) const;

  nccl::Functions call_;
  Collective op_;
  nccl::DataType type_;
  std::size_t element_bytes_;
  std::size_t count_;
  std::vector<Rank> ranks_;
};

}  // namespace peerbench::measure
