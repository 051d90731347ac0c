// SPDX-License-Identifier: Apache-2.0
// The part of NCCL's C interface that is used, declared here so that building needs no header of
// it: NCCL is loaded at run time. Values and layouts are those of nccl.h, which keeps them from
// 2.18 on; tests/measure holds them against the header where there is one.
#pragma once

#include <cuda_runtime_api.h>

#include <climits>
#include <cstddef>

namespace peerbench::measure::nccl {

/// ncclResult_t
enum Result : int {
  success = 0,
  unhandled_cuda_error = 1,
  system_error = 2,
  internal_error = 3,
  invalid_argument = 4,
  invalid_usage = 5,
  remote_error = 6,
  in_progress = 7,
};

/// A call that went wrong; one of a non-blocking communicator may still be at it, also in a group.
inline bool is_error(Result result) { return result != success && result != in_progress; }

/// As nccl.h spells it; empty for codes that are not above.
constexpr const char* name(Result result) {
  switch (result) {
    case success:
      return "ncclSuccess";
    case unhandled_cuda_error:
      return "ncclUnhandledCudaError";
    case system_error:
      return "ncclSystemError";
    case internal_error:
      return "ncclInternalError";
    case invalid_argument:
      return "ncclInvalidArgument";
    case invalid_usage:
      return "ncclInvalidUsage";
    case remote_error:
      return "ncclRemoteError";
    case in_progress:
      return "ncclInProgress";
  }
  return "";
}

/// ncclDataType_t
enum DataType : int { float16 = 6, float32 = 7 };

/// ncclRedOp_t
enum Reduction : int { sum = 0 };

struct UniqueId {
  char internal[128];
};

/// ncclConfig_t as of 2.18; younger libraries take what is missing as undefined.
struct Config {
  std::size_t size = sizeof(Config);
  unsigned magic = 0xcafebeef;
  unsigned version = 21800;
  int blocking = INT_MIN;
  int cga_cluster_size = INT_MIN;
  int min_ctas = INT_MIN;
  int max_ctas = INT_MIN;
  const char* net_name = nullptr;
  int split_share = INT_MIN;
};

using Comm = struct ncclComm*;

/// Oldest version whose configuration is the one above: 2.18.0.
inline constexpr int oldest_version = 21800;

/// From 2.22.0 on ranks are aborted together, between ncclGroupStart and ncclGroupEnd. An abort of
/// one rank may wait for the others to be aborted, too (NVIDIA/nccl#1013).
inline constexpr int aborts_in_groups_from = 22200;

/// All but the last are there once a library is loaded.
struct Functions {
  Result (*get_version)(int* version);
  const char* (*error_string)(Result result);
  const char* (*last_error)(Comm comm);
  Result (*unique_id)(UniqueId* id);
  Result (*init_rank)(Comm* comm, int ranks, UniqueId id, int rank, Config* config);
  Result (*async_error)(Comm comm, Result* error);
  Result (*destroy)(Comm comm);
  Result (*abort)(Comm comm);
  Result (*group_start)();
  Result (*group_end)();
  Result (*all_reduce)(const void* from, void* to, std::size_t count, DataType type,
                       Reduction reduction, Comm comm, cudaStream_t stream);
  Result (*reduce_scatter)(const void* from, void* to, std::size_t count, DataType type,
                           Reduction reduction, Comm comm, cudaStream_t stream);
  Result (*all_gather)(const void* from, void* to, std::size_t count, DataType type, Comm comm,
                       cudaStream_t stream);
  Result (*broadcast)(const void* from, void* to, std::size_t count, DataType type, int root,
                      Comm comm, cudaStream_t stream);
  Result (*send)(const void* from, std::size_t count, DataType type, int peer, Comm comm,
                 cudaStream_t stream);
  Result (*receive)(void* to, std::size_t count, DataType type, int peer, Comm comm,
                    cudaStream_t stream);
  /// `count` elements for each rank; null before 2.28.
  Result (*all_to_all)(const void* from, void* to, std::size_t count, DataType type, Comm comm,
                       cudaStream_t stream);
};

}  // namespace peerbench::measure::nccl
