// SPDX-License-Identifier: Apache-2.0
#include "base/checked.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace peerbench {

namespace {

/// Of those of a context CUDA's driver_types.h says that "the process must be terminated and
/// relaunched", or that the device is unusable. A card that fell off the bus answers with one of
/// the others (Xid 79 in NVIDIA's list of Xid errors).
constexpr std::array<std::pair<cudaError_t, Loss>, 14> losses = {{
    {cudaErrorIllegalAddress, Loss::context},
    {cudaErrorECCUncorrectable, Loss::context},
    {static_cast<cudaError_t>(226), Loss::context},  // cudaErrorContained, since CUDA 12.8
    {cudaErrorLaunchTimeout, Loss::context},
    {cudaErrorAssert, Loss::context},
    {cudaErrorHardwareStackError, Loss::context},
    {cudaErrorIllegalInstruction, Loss::context},
    {cudaErrorMisalignedAddress, Loss::context},
    {cudaErrorInvalidAddressSpace, Loss::context},
    {cudaErrorInvalidPc, Loss::context},
    {cudaErrorLaunchFailure, Loss::context},
    {cudaErrorExternalDevice, Loss::context},
    {cudaErrorDevicesUnavailable, Loss::gpu},
    {cudaErrorUnknown, Loss::gpu},
}};

std::string describe(cudaError_t code, const char* expression, const std::source_location& place) {
  std::string_view file = place.file_name();
  file = file.substr(file.find_last_of('/') + 1);
  return fmt::format("{}: {} ({}) at {}:{}", expression, cudaGetErrorName(code),
                     cudaGetErrorString(code), file, place.line());
}

/// The first failure that was forgiven; the threads of a process share their contexts.
class Forgiven {
 public:
  void keep(cudaError_t code, std::string what) {
    const std::lock_guard lock(mutex_);
    if (code_ == cudaSuccess) {
      code_ = code;
      what_ = std::move(what);
    }
  }
  /// What to say of it behind a later failure with the same code.
  std::string before(cudaError_t code) const {
    const std::lock_guard lock(mutex_);
    return code == code_ ? "; the first call to fail so was " + what_ : "";
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    code_ = cudaSuccess;
  }

 private:
  mutable std::mutex mutex_;
  cudaError_t code_ = cudaSuccess;
  std::string what_;
};

Forgiven& forgiven() {
  static Forgiven only;
  return only;
}

}  // namespace

Loss loss_of(cudaError_t code) {
  const auto* const found = std::ranges::find(losses, code, &std::pair<cudaError_t, Loss>::first);
  return found == losses.end() ? Loss::none : found->second;
}

Expected<void> check_cuda(cudaError_t code, const char* expression, std::source_location place) {
  if (code == cudaSuccess) return {};
  cudaGetLastError();
  return fail(ErrorKind::device, describe(code, expression, place) + forgiven().before(code),
              cudaGetErrorName(code));
}

void forgive_cuda(cudaError_t code, const char* expression, std::source_location place) {
  if (code == cudaSuccess) return;
  cudaGetLastError();
  if (loss_of(code) == Loss::context) forgiven().keep(code, describe(code, expression, place));
}

void forget_forgiven() { forgiven().forget(); }

}  // namespace peerbench
