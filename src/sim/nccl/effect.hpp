// SPDX-License-Identifier: Apache-2.0
// One rank's call of a collective, and what the collective does to memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sim/nccl/clique.hpp"
#include "sim/nccl/elements.hpp"
#include "sim/nccl/plan.hpp"

namespace gpusim {

/// One rank's call. `count` elements of what every rank gives, or of an all-gather takes from each.
struct CollectiveCall {
  const char* name;
  Kind kind;
  const void* from = nullptr;
  void* to = nullptr;
  std::size_t count = 0;
  ncclDataType_t type = ncclFloat32;
  ncclRedOp_t operation = ncclSum;
  int root = 0;
  ncclComm* comm = nullptr;
  cudaStream_t stream = nullptr;
  std::shared_ptr<const Scalar> factor = nullptr;  ///< of what this rank gives

  bool reduces() const {
    return kind == Kind::all_reduce || kind == Kind::reduce_scatter || kind == Kind::reduce;
  }
  std::size_t bytes() const { return count * element_bytes(type); }
  /// What it reads and writes, in bytes. Only the root's is looked at where only it has one.
  std::size_t reads(int ranks) const {
    const bool parts = kind == Kind::reduce_scatter || kind == Kind::all_to_all;
    return parts ? bytes() * static_cast<std::size_t>(ranks) : bytes();
  }
  std::size_t writes(int ranks) const {
    const bool parts = kind == Kind::all_gather || kind == Kind::all_to_all;
    return parts ? bytes() * static_cast<std::size_t>(ranks) : bytes();
  }
  bool needs_source(int rank) const { return kind != Kind::broadcast || rank == root; }
  bool needs_destination(int rank) const { return kind != Kind::reduce || rank == root; }
  /// The same on all ranks.
  std::string text() const;
};

/// What a collective does once all bytes have arrived. `meeting` has the memory of all ranks,
/// `random` chooses where a fault strikes.
std::function<void()> effect_of(const MachineFile& file, std::shared_ptr<Clique> clique,
                                const CollectiveCall& call, const Rendezvous& meeting,
                                std::uint64_t random);

}  // namespace gpusim
