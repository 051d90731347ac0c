// SPDX-License-Identifier: Apache-2.0
#include "measure/peer_access.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

namespace {

/// Calls `each(from, to)` for both directions of every pair of GPUs that the plan joins.
template <typename Each>
Expected<void> for_each_direction(const Plan& plan, const Each& each) {
  for (const Transfer& transfer : plan.transfers) {
    if (!between_gpus(transfer)) continue;
    PEERBENCH_TRY(each(transfer.source.index, transfer.destination.index));
    PEERBENCH_TRY(each(transfer.destination.index, transfer.source.index));
  }
  return {};
}

Expected<bool> can_access(int from, int to) {
  int can = 0;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaDeviceCanAccessPeer(&can, from, to)));
  return can != 0;
}

Expected<void> disable_one(int from, int to) {
  const auto can = can_access(from, to);
  if (!can) return tl::unexpected(can.error());
  if (!*can) return {};
  PEERBENCH_ON_DEVICE(from);
  const cudaError_t code = cudaDeviceDisablePeerAccess(to);
  if (code != cudaErrorPeerAccessNotEnabled) return check_cuda(code, "cudaDeviceDisablePeerAccess");
  cudaGetLastError();
  return {};
}

/// What the driver answers where it knows no way from one GPU to the other, or none that is left: a
/// missing Resizable BAR or exhausted mappings look like this. All else is a call that failed.
bool is_refusal(cudaError_t code) {
  return code == cudaErrorMapBufferObjectFailed || code == cudaErrorPeerAccessUnsupported;
}

}  // namespace

Expected<PeerAccess> PeerAccess::enable(const Plan& plan) {
  PeerAccess access;
  PEERBENCH_TRY(
      for_each_direction(plan, [&](int from, int to) { return access.enable_one(from, to); }));
  return access;
}

Expected<void> PeerAccess::disable(const Plan& plan) {
  return for_each_direction(plan, disable_one);
}

Expected<void> PeerAccess::enable_one(int from, int to) {
  const auto can = can_access(from, to);
  if (!can) return tl::unexpected(can.error());
  if (!*can) {
    return fail(ErrorKind::unsupported,
                fmt::format("the driver refuses peer access from gpu{} to gpu{} "
                            "(cudaDeviceCanAccessPeer = 0)",
                            from, to));
  }
  PEERBENCH_ON_DEVICE(from);
  const cudaError_t code = cudaDeviceEnablePeerAccess(to, 0);
  if (code == cudaErrorPeerAccessAlreadyEnabled) {
    cudaGetLastError();
    return {};
  }
  if (code == cudaErrorTooManyPeers) {
    cudaGetLastError();
    return fail(ErrorKind::unsupported,
                fmt::format("gpu{} has access to {} peers and the driver allows no more at once "
                            "(cudaErrorTooManyPeers); choose fewer GPUs with --gpus",
                            from, std::ranges::count(enabled_, from, &std::pair<int, int>::first)),
                cudaGetErrorName(code));
  }
  if (const auto ok = check_cuda(code, "cudaDeviceEnablePeerAccess"); !ok) {
    return fail(is_refusal(code) ? ErrorKind::unsupported : ErrorKind::device,
                fmt::format("peer access from gpu{} to gpu{} is offered but cannot be enabled: {}",
                            from, to, ok.error().message),
                ok.error().code);
  }
  enabled_.emplace_back(from, to);
  return {};
}

PeerAccess::~PeerAccess() {
  for (const auto& [from, to] : enabled_) {
    if (const auto scope = DeviceScope::enter(from))
      PEERBENCH_FORGIVE(cudaDeviceDisablePeerAccess(to));
  }
}

}  // namespace peerbench::measure
