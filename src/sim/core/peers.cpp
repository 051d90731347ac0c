// SPDX-License-Identifier: Apache-2.0
// Peer access between GPUs, and the reset of one GPU.
#include <algorithm>
#include <set>

#include "sim/core/faults.hpp"
#include "sim/core/simulated_machine.hpp"

namespace gpusim {
namespace {

constexpr std::ptrdiff_t most_peers =
    8;  // CUDA C++ Programming Guide, "Peer-to-Peer Memory Access"

}  // namespace

const PeerPolicy* SimulatedMachine::policy(int from, int to) const {
  return find_policy(file_, from, to);
}

bool SimulatedMachine::can_access(int from, int to) const {
  // CUDA lets no slice reach another, whatever GPU it is on ("MIG User Guide", Application
  // Considerations).
  const auto sliced = [&](int index) {
    return file_.gpus[static_cast<std::size_t>(index)].mig == "enabled";
  };
  const PeerPolicy* pair = policy(from, to);
  return from != to && pair != nullptr && pair->access && !sliced(from) && !sliced(to);
}

bool SimulatedMachine::linked(int from, int to) const { return topology_.linked_gbs(from, to) > 0; }

int SimulatedMachine::peer_rank(int from, int to) const {
  const auto merit = [&](int a, int b) {
    if (const double gbs = topology_.linked_gbs(a, b); gbs > 0 && can_access(a, b)) return gbs;
    return can_access(a, b) ? 0.0 : -1.0;
  };
  std::set<double> better;
  for (int a : visible_) {
    for (int b : visible_) {
      if (a != b && merit(a, b) > merit(from, to)) better.insert(merit(a, b));
    }
  }
  return static_cast<int>(better.size());
}

cudaError_t SimulatedMachine::enable_peer(int from, int to) {
  if (from == to) return cudaErrorInvalidDevice;
  if (!can_access(from, to)) return cudaErrorPeerAccessUnsupported;
  if (peer_enabled(from, to)) return cudaErrorPeerAccessAlreadyEnabled;
  for (const Fault& fault : file_.faults) {
    if (fault.kind != FaultKind::peer_refused || !is_between(fault, from, to)) continue;
    return static_cast<cudaError_t>(error_code(fault));
  }
  // "on non-NVSwitch enabled systems" (the same place).
  const auto switched = [&](const LinkBundle& link) {
    return link.to_switch() && link.a == from && link.up > 0;
  };
  const auto enabled =
      std::ranges::count_if(peers_, [&](const auto& pair) { return pair.first == from; });
  if (enabled >= most_peers && std::ranges::none_of(file_.links, switched))
    return cudaErrorTooManyPeers;
  peers_.insert({from, to});
  return cudaSuccess;
}

cudaError_t SimulatedMachine::disable_peer(int from, int to) {
  if (from == to) return cudaErrorInvalidDevice;
  return peers_.erase({from, to}) > 0 ? cudaSuccess : cudaErrorPeerAccessNotEnabled;
}

void SimulatedMachine::reset_gpu(int gpu) {
  drain();
  contexts_.erase(gpu);
  std::erase_if(peers_, [&](const auto& pair) { return pair.first == gpu || pair.second == gpu; });
  std::erase_if(defaults_, [&](const auto& entry) { return entry.second->gpu == gpu; });
  std::erase_if(events_, [&](const auto& entry) { return entry.second->gpu == gpu; });
  std::erase_if(symbols_, [&](const auto& entry) { return entry.first.second == gpu; });
  std::erase_if(limits_, [&](const auto& entry) { return entry.first.first == gpu; });
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    const bool goes = stream->second->gpu == gpu;
    if (goes) engine_.remove_queue(stream->second->queue);
    stream = goes ? streams_.erase(stream) : std::next(stream);
  }
  memory_.release_device(gpu);
}

}  // namespace gpusim
