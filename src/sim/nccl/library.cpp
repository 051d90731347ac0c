// SPDX-License-Identifier: Apache-2.0
// Version, memory and registration.
#include "sim/nccl/clique.hpp"

using namespace gpusim;

extern "C" {

/// Says that this is the simulator's library: the simulated build loads no other.
extern const char peerbench_simulated_nccl;
const char peerbench_simulated_nccl = 1;

ncclResult_t ncclGetVersion(int* version) {
  if (version == nullptr) return complain(nullptr, ncclInvalidArgument, "version is NULL");
  *version = NCCL_VERSION_CODE;
  return ncclSuccess;
}

void ncclResetDebugInit() {}

ncclResult_t ncclMemAlloc(void** pointer, size_t bytes) {
  return call([&](SimulatedMachine& machine) {
    if (pointer == nullptr || bytes == 0) return ncclInvalidArgument;
    const int gpu = machine.visible()[static_cast<std::size_t>(current_ordinal())];
    const auto made = machine.memory().allocate_device(gpu, bytes);
    if (made == nullptr) return complain(nullptr, ncclUnhandledCudaError, "out of memory");
    *pointer = made->address;
    return ncclSuccess;
  });
}

ncclResult_t ncclMemFree(void* pointer) {
  return call([&](SimulatedMachine& machine) {
    if (pointer == nullptr) return ncclSuccess;
    machine.drain();
    const bool freed = machine.memory().release(
        pointer, [](Allocation::Kind kind) { return kind == Allocation::Kind::device; });
    return freed ? ncclSuccess : complain(nullptr, ncclInvalidArgument, "not from ncclMemAlloc");
  });
}

// Registered or not, the simulated kernels reach all memory at the same rate.
ncclResult_t ncclCommRegister(const ncclComm_t comm, void* buffer, size_t bytes, void** handle) {
  return call([&](SimulatedMachine& machine) {
    if (!is_known(comm) || handle == nullptr) return ncclInvalidArgument;
    const Location location = machine.memory().find(buffer);
    if (!location.allocation || bytes > location.room()) {
      return complain(comm, ncclInvalidArgument, "not memory of CUDA");
    }
    *handle = buffer;
    return ncclSuccess;
  });
}

ncclResult_t ncclCommDeregister(const ncclComm_t comm, void* handle) {
  return call([&](SimulatedMachine&) {
    return is_known(comm) && handle != nullptr ? ncclSuccess : ncclInvalidArgument;
  });
}

ncclResult_t ncclCommWindowRegister(ncclComm_t comm, void* buffer, size_t bytes,
                                    ncclWindow_t* window, int) {
  return pncclCommRegister(comm, buffer, bytes, reinterpret_cast<void**>(window));
}

ncclResult_t ncclCommWindowDeregister(ncclComm_t comm, ncclWindow_t window) {
  return pncclCommDeregister(comm, window);
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclGetVersion)
PEERBENCH_NCCL_ALIAS(ncclMemAlloc)
PEERBENCH_NCCL_ALIAS(ncclMemFree)
PEERBENCH_NCCL_ALIAS(ncclCommRegister)
PEERBENCH_NCCL_ALIAS(ncclCommDeregister)
PEERBENCH_NCCL_ALIAS(ncclCommWindowRegister)
PEERBENCH_NCCL_ALIAS(ncclCommWindowDeregister)
