// SPDX-License-Identifier: Apache-2.0
// Peer access for the length of one cell: enabled in both directions of each pair, and disabled
// again, so that no cell sees another's and boxes with more peers than a GPU can map at once work.
// On some drivers a change does not take hold at once and copies in flight around it fail
// (ggml-org/llama.cpp#4602, #10153): here nothing is in flight then, and the fills of the next cell
// lie between, some milliseconds. It is the first suspect where copies fail at random.
#pragma once

#include <utility>
#include <vector>

#include "base/error.hpp"
#include "measure/plan.hpp"

namespace peerbench::measure {

class PeerAccess {
 public:
  /// Enables access between the GPUs of every transfer of `plan` that joins two. Fails with
  /// ErrorKind::unsupported and the driver's reason when it refuses, with CUDA's error code where
  /// it had offered it; ErrorKind::device where the call fails otherwise; what was enabled is
  /// disabled again.
  static Expected<PeerAccess> enable(const Plan& plan);
  /// Sees to it that access is off between them: copies that are to be staged would go directly
  /// over what NCCL, or a call that failed in an earlier cell, has left on.
  static Expected<void> disable(const Plan& plan);
  PeerAccess(PeerAccess&&) noexcept = default;
  PeerAccess& operator=(PeerAccess&&) = delete;
  ~PeerAccess();

  /// Leaves access enabled; after a hang the driver would wait for ever to take it back.
  void abandon() { enabled_.clear(); }

 private:
  PeerAccess() = default;
  Expected<void> enable_one(int from, int to);
  std::vector<std::pair<int, int>> enabled_;
};

}  // namespace peerbench::measure
