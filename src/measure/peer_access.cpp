// SPDX-License-Identifier: Apache-2.0
#include "measure/peer_access.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

Expected<PeerAccess> PeerAccess::enable(const Plan& plan) {
  PeerAccess access;
  for (const Transfer& transfer : plan.transfers) {
    const bool peers = transfer.source.kind == Place::Kind::gpu &&
                       transfer.destination.kind == Place::Kind::gpu &&
                       transfer.source != transfer.destination;
    if (!peers) continue;
    PEERBENCH_TRY(access.enable_one(transfer.source.index, transfer.destination.index));
    PEERBENCH_TRY(access.enable_one(transfer.destination.index, transfer.source.index));
  }
  return access;
}

Expected<void> PeerAccess::enable_one(int from, int to) {
  int can = 0;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaDeviceCanAccessPeer(&can, from, to)));
  if (can == 0) {
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
    // The driver said yes and then no: a missing Resizable BAR or exhausted mappings look like
    // this.
    return fail(ErrorKind::unsupported,
                fmt::format("peer access from gpu{} to gpu{} is offered but cannot be enabled: {}",
                            from, to, ok.error().message),
                ok.error().code);
  }
  enabled_.emplace_back(from, to);
  return {};
}

PeerAccess::~PeerAccess() {
  for (const auto& [from, to] : enabled_) {
    if (const auto scope = DeviceScope::enter(from)) cudaDeviceDisablePeerAccess(to);
  }
}

}  // namespace peerbench::measure
