// SPDX-License-Identifier: Apache-2.0
// Return codes, their texts as NCCL's own ncclGetErrorString gives them, and the last error.
#include "sim/nccl/clique.hpp"

namespace gpusim {
namespace {

/// Of calls without a communicator; by thread, as several may make theirs at the same time.
std::string& last_error() {
  thread_local std::string text;
  return text;
}

}  // namespace

ncclResult_t complain(ncclComm* comm, ncclResult_t result, const std::string& text) {
  last_error() = text;
  if (comm != nullptr) comm->last_error = text;
  warn(text);
  return result;
}

}  // namespace gpusim

extern "C" {

const char* ncclGetErrorString(ncclResult_t code) {
  switch (code) {
    case ncclSuccess:
      return "no error";
    case ncclUnhandledCudaError:
      return "unhandled cuda error (run with NCCL_DEBUG=INFO for details)";
    case ncclSystemError:
      return "unhandled system error (run with NCCL_DEBUG=INFO for details)";
    case ncclInternalError:
      return "internal error - please report this issue to the NCCL developers";
    case ncclInvalidArgument:
      return "invalid argument (run with NCCL_DEBUG=WARN for details)";
    case ncclInvalidUsage:
      return "invalid usage (run with NCCL_DEBUG=WARN for details)";
    case ncclRemoteError:
      return "remote process exited or there was a network error";
    case ncclInProgress:
      return "NCCL operation in progress";
    default:
      return "unknown result code";
  }
}

const char* ncclGetLastError(ncclComm_t comm) {
  const auto now = gpusim::session();
  const bool known = comm != nullptr && gpusim::is_known(comm);
  return known ? comm->last_error.c_str() : gpusim::last_error().c_str();
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclGetErrorString)
PEERBENCH_NCCL_ALIAS(ncclGetLastError)
