// SPDX-License-Identifier: Apache-2.0
// Functions by name, for programs that link no driver.
#include <dlfcn.h>

#include <string>

#include "sim/driver/context.hpp"

namespace {

/// This library; null where the loader does not know it.
void* self() {
  static void* const handle = [] {
    Dl_info own{};
    if (dladdr(reinterpret_cast<void*>(&cuInit), &own) == 0) return static_cast<void*>(nullptr);
    return dlopen(own.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  }();
  return handle;
}

/// The function of that name as CUDA `version` knows it: nearly all have stayed as their second
/// version made them.
void* find(const std::string& name, int version) {
  if (self() == nullptr) return nullptr;
  if (name == "cuCtxCreate" && version >= 13000) return dlsym(self(), "cuCtxCreate_v4");
  if (name == "cuGetProcAddress" && version < 12000) return dlsym(self(), "cuGetProcAddress");
  for (const char* suffix : {"_v2", "", "_v3", "_v4"}) {
    if (void* found = dlsym(self(), (name + suffix).c_str()); found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace

extern "C" {

CUresult cuGetProcAddress_v2(const char* name, void** function, int version, cuuint64_t,
                             CUdriverProcAddressQueryResult* status) {
  if (name == nullptr || function == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *function = find(name, version);
  if (status != nullptr) {
    *status =
        *function != nullptr ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  }
  return *function != nullptr ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

CUresult cuGetProcAddress(const char* name, void** function, int version, cuuint64_t flags) {
  return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}

}  // extern "C"
