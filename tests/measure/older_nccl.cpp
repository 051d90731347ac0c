// SPDX-License-Identifier: Apache-2.0
// The simulator's NCCL as one of before 2.22 has it: without ncclAlltoAll, and whose ranks cannot
// be aborted within a group.
#include <dlfcn.h>
#include <nccl.h>

namespace {

/// A function of the simulator's library, which is found as any program of ours finds it.
template <typename Function>
Function* simulated(const char* name) {
  static void* const library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
  return reinterpret_cast<Function*>(dlsym(library, name));
}

thread_local int depth = 0;

}  // namespace

#define PASS_ON(result, name, parameters, arguments) \
  result name parameters { return simulated<decltype(name)>(#name) arguments; }

extern "C" {

extern const char peerbench_simulated_nccl;
const char peerbench_simulated_nccl = 1;

ncclResult_t ncclGetVersion(int* version) {
  *version = 22105;
  return ncclSuccess;
}

ncclResult_t ncclGroupStart() {
  ++depth;
  return simulated<decltype(ncclGroupStart)>("ncclGroupStart")();
}

ncclResult_t ncclGroupEnd() {
  --depth;
  return simulated<decltype(ncclGroupEnd)>("ncclGroupEnd")();
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  if (depth > 0) return ncclInvalidUsage;
  return simulated<decltype(ncclCommAbort)>("ncclCommAbort")(comm);
}

PASS_ON(const char*, ncclGetErrorString, (ncclResult_t code), (code))
PASS_ON(const char*, ncclGetLastError, (ncclComm_t comm), (comm))
PASS_ON(ncclResult_t, ncclGetUniqueId, (ncclUniqueId * id), (id))
PASS_ON(ncclResult_t, ncclCommInitRankConfig,
        (ncclComm_t * comm, int ranks, ncclUniqueId id, int rank, ncclConfig_t* config),
        (comm, ranks, id, rank, config))
PASS_ON(ncclResult_t, ncclCommGetAsyncError, (ncclComm_t comm, ncclResult_t* error), (comm, error))
PASS_ON(ncclResult_t, ncclCommDestroy, (ncclComm_t comm), (comm))
PASS_ON(ncclResult_t, ncclAllReduce,
        (const void* from, void* to, size_t count, ncclDataType_t type, ncclRedOp_t operation,
         ncclComm_t comm, cudaStream_t stream),
        (from, to, count, type, operation, comm, stream))
PASS_ON(ncclResult_t, ncclReduceScatter,
        (const void* from, void* to, size_t count, ncclDataType_t type, ncclRedOp_t operation,
         ncclComm_t comm, cudaStream_t stream),
        (from, to, count, type, operation, comm, stream))
PASS_ON(ncclResult_t, ncclAllGather,
        (const void* from, void* to, size_t count, ncclDataType_t type, ncclComm_t comm,
         cudaStream_t stream),
        (from, to, count, type, comm, stream))
PASS_ON(ncclResult_t, ncclBroadcast,
        (const void* from, void* to, size_t count, ncclDataType_t type, int root, ncclComm_t comm,
         cudaStream_t stream),
        (from, to, count, type, root, comm, stream))
PASS_ON(ncclResult_t, ncclSend,
        (const void* from, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
         cudaStream_t stream),
        (from, count, type, peer, comm, stream))
PASS_ON(ncclResult_t, ncclRecv,
        (void* to, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
         cudaStream_t stream),
        (to, count, type, peer, comm, stream))

}  // extern "C"
