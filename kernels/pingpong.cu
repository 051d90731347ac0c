// SPDX-License-Identifier: Apache-2.0
#include "kernels/pingpong.hpp"

#include "kernels/pattern.hpp"
#include "kernels/preload.hpp"

using peerbench::kernels::Mailbox;

namespace {

// System scope: another GPU must see it, whatever caches lie between. Volatile accesses are that,
// and relaxed (PTX ISA, "ld.volatile"; Pascal has no other): nothing but the number itself is
// handed over, and a release or an acquire would put a fence into every trip.
__device__ void send(Mailbox* to, std::uint64_t message) {
  *static_cast<volatile std::uint64_t*>(&to->flag) = message;
}

__device__ std::uint64_t received(const Mailbox* mine) {
  return *static_cast<const volatile std::uint64_t*>(&mine->flag);
}

__device__ std::uint64_t now_ns() {
  std::uint64_t ns;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns));
  return ns;
}

// Polls until `message` is there: true, or until the clock is past the time: false. The clock is
// looked at between rounds of polls only: a look takes longer than a poll.
__device__ bool arrives(const Mailbox* mine, std::uint64_t message, std::uint64_t start,
                        std::uint64_t timeout_ns) {
  constexpr unsigned polls_between_looks = 1024;
  do {
    PEERBENCH_ROLLED
    for (unsigned polls = 0; polls < polls_between_looks; ++polls) {
      if (received(mine) == message) return true;
    }
  } while (now_ns() - start <= timeout_ns);
  return false;
}

}  // namespace

extern "C" __global__ void peerbench_ping_pong(Mailbox* mine, Mailbox* theirs, std::uint64_t trips,
                                               std::uint64_t serves, std::uint64_t timeout_ns) {
  const std::uint64_t start = now_ns();
  const std::uint64_t first = mine->seen + 1;
  std::uint64_t message = first;
  PEERBENCH_ROLLED
  for (; message < first + trips; ++message) {
    if (serves != 0) send(theirs, message);
    if (!arrives(mine, message, start, timeout_ns)) {
      mine->timed_out = 1;
      break;
    }
    if (serves == 0) send(theirs, message);
  }
  mine->seen = message - 1;  // once, at the end: a store in each trip would be part of its time
}

namespace peerbench::kernels {

cudaError_t launch_ping_pong(Mailbox* mine, Mailbox* theirs, std::uint64_t trips, bool serves,
                             std::uint64_t timeout_ns, cudaStream_t stream) {
  peerbench_ping_pong<<<1, 1, 0, stream>>>(mine, theirs, trips, serves ? 1 : 0, timeout_ns);
  return cudaGetLastError();
}

KernelTable ping_pong_kernels() {
  static const void* const all[] = {reinterpret_cast<const void*>(&peerbench_ping_pong)};
  return all;
}

}  // namespace peerbench::kernels
