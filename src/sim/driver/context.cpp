// SPDX-License-Identifier: Apache-2.0
// Contexts: the primary one of each GPU, those a program makes itself, and each thread's stack.
#include "sim/driver/context.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace gpusim {
namespace {

struct Contexts {
  std::mutex mutex;
  bool initialized = false;
  std::vector<std::unique_ptr<CUctx_st>> primaries;  ///< by ordinal, null before the first retain
  std::vector<int> retained;                         ///< how often each is
  std::set<CUcontext> made;                          ///< by cuCtxCreate
};

// Never destroyed: programs call the driver while the process ends.
Contexts& contexts() {
  static auto* const only = new Contexts;
  return *only;
}

std::vector<CUcontext>& stack() {
  thread_local std::vector<CUcontext> only;
  return only;
}

/// The primary context of a GPU, with the lock held.
CUcontext primary_of(int ordinal) {
  Contexts& in = contexts();
  const auto index = static_cast<std::size_t>(ordinal);
  if (in.primaries.size() <= index) {
    in.primaries.resize(index + 1);
    in.retained.resize(index + 1);
  }
  auto& primary = in.primaries[index];
  if (primary == nullptr) primary = std::make_unique<CUctx_st>(CUctx_st{ordinal, true});
  return primary.get();
}

bool has_context_on(int ordinal) {
  const Session now = session();
  if (now.machine == nullptr || ordinal >= static_cast<int>(now.machine->visible().size())) {
    return false;
  }
  return now.machine->has_context(now.machine->visible()[static_cast<std::size_t>(ordinal)]);
}

void make_current(CUcontext context, bool replace) {
  if (replace && !stack().empty()) stack().pop_back();
  if (context == nullptr) return;
  stack().push_back(context);
  set_current_ordinal(context->ordinal);
}

/// The flags that cuCtxCreate and the primary contexts take are the runtime's of a device.
CUresult create(CUcontext* context, unsigned flags, CUdevice device) {
  if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUresult made = in_driver([&] { return cudaInitDevice(device, flags, 1); });
  if (made != CUDA_SUCCESS) return made;
  const std::scoped_lock lock(contexts().mutex);
  *context = *contexts().made.insert(new CUctx_st{device, false}).first;
  make_current(*context, false);
  return CUDA_SUCCESS;
}

}  // namespace

bool is_initialized() {
  const std::scoped_lock lock(contexts().mutex);
  return contexts().initialized;
}

void set_initialized() {
  const std::scoped_lock lock(contexts().mutex);
  contexts().initialized = true;
}

CUcontext current_context() {
  if (!stack().empty()) return stack().back();
  if (!has_context_on(current_ordinal())) return nullptr;
  const std::scoped_lock lock(contexts().mutex);
  return primary_of(current_ordinal());
}

bool is_context(CUcontext context) {
  const std::scoped_lock lock(contexts().mutex);
  if (contexts().made.contains(context)) return true;
  for (const auto& primary : contexts().primaries) {
    if (context != nullptr && primary.get() == context) return true;
  }
  return false;
}

}  // namespace gpusim

using namespace gpusim;

extern "C" {

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUresult made = in_driver([&] { return cudaInitDevice(device, 0, 0); });
  if (made != CUDA_SUCCESS) return made;
  const std::scoped_lock lock(contexts().mutex);
  *context = primary_of(device);
  ++contexts().retained[static_cast<std::size_t>(device)];
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  const std::scoped_lock lock(contexts().mutex);
  const auto index = static_cast<std::size_t>(device);
  if (device < 0 || index >= contexts().retained.size() || contexts().retained[index] == 0) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  --contexts().retained[index];
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device) { return cuDevicePrimaryCtxRelease_v2(device); }

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  int count = 0;
  const CUresult counted = in_driver([&] { return cudaGetDeviceCount(&count); });
  if (counted != CUDA_SUCCESS) return counted;
  if (flags == nullptr || active == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (device < 0 || device >= count) return CUDA_ERROR_INVALID_DEVICE;
  *flags = 0;
  *active = has_context_on(device) ? 1 : 0;
  return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device) {
  return create(context, flags, device);
}

#if CUDA_VERSION >= 12050
CUresult cuCtxCreate_v4(CUcontext* context, CUctxCreateParams*, unsigned flags, CUdevice device) {
  return create(context, flags, device);
}
#endif

CUresult cuCtxDestroy(CUcontext context) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  {
    const std::scoped_lock lock(contexts().mutex);
    if (contexts().made.erase(context) == 0) return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (!stack().empty() && stack().back() == context) stack().pop_back();
  if (!stack().empty()) set_current_ordinal(stack().back()->ordinal);
  delete context;
  return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  if (context != nullptr && !is_context(context)) return CUDA_ERROR_INVALID_CONTEXT;
  make_current(context, true);
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *context = current_context();
  return CUDA_SUCCESS;
}

CUresult cuCtxPushCurrent(CUcontext context) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  if (!is_context(context)) return CUDA_ERROR_INVALID_CONTEXT;
  make_current(context, false);
  return CUDA_SUCCESS;
}

CUresult cuCtxPopCurrent(CUcontext* context) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  if (stack().empty()) return CUDA_ERROR_INVALID_CONTEXT;
  if (context != nullptr) *context = stack().back();
  stack().pop_back();
  if (!stack().empty()) set_current_ordinal(stack().back()->ordinal);
  return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice(CUdevice* device) {
  if (!is_initialized()) return CUDA_ERROR_NOT_INITIALIZED;
  if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUcontext current = current_context();
  if (current == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  *device = current->ordinal;
  return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize() {
  return in_context([] { return cudaDeviceSynchronize(); });
}

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return in_context([&] { return cudaDeviceGetStreamPriorityRange(least, greatest); });
}

CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned flags) {
  if (!is_context(peer)) return CUDA_ERROR_INVALID_CONTEXT;
  return in_context([&] { return cudaDeviceEnablePeerAccess(peer->ordinal, flags); });
}

CUresult cuCtxDisablePeerAccess(CUcontext peer) {
  if (!is_context(peer)) return CUDA_ERROR_INVALID_CONTEXT;
  return in_context([&] { return cudaDeviceDisablePeerAccess(peer->ordinal); });
}

}  // extern "C"
