// SPDX-License-Identifier: Apache-2.0
// Flags between two GPUs: each has a kernel of one thread that waits for a word in its own memory,
// which the other one's stores there, and answers in the other's memory. What a round trip takes is
// the way of two stores, and of the loads that see them.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace peerbench::kernels {

/// What one side has in its own memory. The other one writes `flag` and nothing else; the rest is
/// on lines of its own.
struct alignas(128) Mailbox {
  std::uint64_t flag = 0;               ///< number of the last message
  alignas(128) std::uint64_t seen = 0;  ///< the last one that the owner has seen
  std::uint64_t timed_out = 0;          ///< 1 once the owner's kernel gave up
};

/// Queues one side of `trips` round trips on `stream` of the current device: `mine` lies there,
/// `theirs` on a peer to which it has access, where the same must be queued with `serves` the other
/// way round. Messages are numbered on from mine->seen, which the kernel writes as it ends. It
/// gives up when it still waits `timeout_ns` nanoseconds of the device's own time after its start,
/// which it says in mine->timed_out. Returns the launch's error.
cudaError_t launch_ping_pong(Mailbox* mine, Mailbox* theirs, std::uint64_t trips, bool serves,
                             std::uint64_t timeout_ns, cudaStream_t stream);

}  // namespace peerbench::kernels
