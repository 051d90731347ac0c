#include "kernels/pingpong.hpp"

using peerbench::kernels::Mailbox;

namespace {

// System scope: another GPU must see it, whatever caches lie between. Pascal has no scopes: there,
// volatile accesses pass the caches by, and the fence orders what comes before (PTX ISA, "membar").
__device__ void send(Mailbox* to, std::uint64_t message) {
#if __CUDA_ARCH__ < 700
  __threadfence_system();
  *static_cast<volatile std::uint64_t*>(&to->flag) = message;
#else
  asm volatile("st.release.sys.global.u64 [%0], %1;" ::"l"(&to->flag), "l"(message) : "memory");
#endif
}

__device__ std::uint64_t received(const Mailbox* mine) {
#if __CUDA_ARCH__ < 700
  const std::uint64_t message = *static_cast<const volatile std::uint64_t*>(&mine->flag);
  __threadfence_system();
#else
  std::uint64_t message;
  asm volatile("ld.acquire.sys.global.u64 %0, [%1];" : "=l"(message) : "l"(&mine->flag) : "memory");
#endif
  return message;
}

__device__ std::uint64_t now_ns() {
  std::uint64_t ns;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns));
  return ns;
}

}  // namespace

extern "C" __global__ void peerbench_ping_pong(Mailbox* mine, Mailbox* theirs, std::uint64_t trips,
                                               std::uint64_t serves, std::uint64_t timeout_ns) {
  // The clock is looked at now and then only: a look takes longer than a poll.
  constexpr unsigned polls_between_looks = 1024;
  const std::uint64_t start = now_ns();
  const std::uint64_t last = mine->seen + trips;
  unsigned polls = 0;
  for (std::uint64_t message = mine->seen + 1; message <= last; ++message) {
    if (serves != 0) send(theirs, message);
    while (received(mine) != message) {
      if (++polls % polls_between_looks != 0 || now_ns() - start <= timeout_ns) continue;
      mine->timed_out = 1;
      return;
    }
    mine->seen = message;
    if (serves == 0) send(theirs, message);
  }
}

namespace peerbench::kernels {

cudaError_t launch_ping_pong(Mailbox* mine, Mailbox* theirs, std::uint64_t trips, bool serves,
                             std::uint64_t timeout_ns, cudaStream_t stream) {
  peerbench_ping_pong<<<1, 1, 0, stream>>>(mine, theirs, trips, serves ? 1 : 0, timeout_ns);
  return cudaGetLastError();
}

}  // namespace peerbench::kernels
