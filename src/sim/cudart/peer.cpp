// SPDX-License-Identifier: Apache-2.0
// Peer access between GPUs.
#include <algorithm>

#include "sim/cudart/call.hpp"

using namespace gpusim;

namespace {

constexpr Cost other = &HostCallCosts::other_us;
constexpr Cost allocate = &HostCallCosts::allocate_us;

/// cudaDevP2PAttrOnlyPartialNativeAtomicSupported, by number: toolkits before 13 have no name for
/// it.
constexpr int only_partial_atomics = 5;

}  // namespace

extern "C" {

cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer) {
  return call({other, Needs::driver}, [&](Call& c) {
    if (can == nullptr) return cudaErrorInvalidValue;
    if (!c.is_device(device) || !c.is_device(peer)) return cudaErrorInvalidDevice;
    *can = c.machine.can_access(c.physical(device), c.physical(peer)) ? 1 : 0;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned int flags) {
  return call(allocate, [&](Call& c) {
    if (flags != 0) return cudaErrorInvalidValue;
    if (!c.is_device(peer)) return cudaErrorInvalidDevice;
    const int other_gpu = c.physical(peer);
    if (const cudaError_t gone = c.lost(other_gpu); gone != cudaSuccess) return gone;
    if (const cudaError_t held = c.machine.need_context(other_gpu); held != cudaSuccess) {
      return held;
    }
    return c.machine.enable_peer(c.gpu, other_gpu);
  });
}

cudaError_t cudaDeviceDisablePeerAccess(int peer) {
  return call(allocate, [&](Call& c) {
    if (!c.is_device(peer)) return cudaErrorInvalidDevice;
    if (const cudaError_t gone = c.lost(c.physical(peer)); gone != cudaSuccess) return gone;
    return c.machine.disable_peer(c.gpu, c.physical(peer));
  });
}

cudaError_t cudaDeviceGetP2PAttribute(int* value, enum cudaDeviceP2PAttr attribute, int source,
                                      int destination) {
  return call({other, Needs::driver}, [&](Call& c) {
    if (value == nullptr) return cudaErrorInvalidValue;
    if (!c.is_device(source) || !c.is_device(destination) || source == destination) {
      return cudaErrorInvalidDevice;
    }
    const int from = c.physical(source), to = c.physical(destination);
    const bool access = c.machine.can_access(from, to);
    const bool atomics = access && c.machine.policy(from, to)->atomics == "OK";
    switch (static_cast<int>(attribute)) {
      case cudaDevP2PAttrPerformanceRank:
        *value = c.machine.peer_rank(from, to);
        return cudaSuccess;
      case cudaDevP2PAttrAccessSupported:
      case cudaDevP2PAttrCudaArrayAccessSupported:
        *value = access ? 1 : 0;
        return cudaSuccess;
      case cudaDevP2PAttrNativeAtomicSupported:
        *value = atomics && c.machine.linked(from, to) ? 1 : 0;
        return cudaSuccess;
      // PCI Express has fetch-and-add, swap and compare-and-swap only (Base Specification,
      // AtomicOps).
      case only_partial_atomics:
        *value = atomics && !c.machine.linked(from, to) ? 1 : 0;
        return cudaSuccess;
      default:
        return cudaErrorInvalidValue;
    }
  });
}

}  // extern "C"
