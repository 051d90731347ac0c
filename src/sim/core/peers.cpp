// Peer access between GPUs, and the reset of one GPU.
#include <algorithm>

#include "sim/core/simulated_machine.hpp"

namespace peerbench::sim {
namespace {

constexpr std::ptrdiff_t most_peers =
    8;  // CUDA C++ Programming Guide, "Peer-to-Peer Memory Access"

}  // namespace

const PeerPolicy* SimulatedMachine::policy(int from, int to) const {
  const auto found = std::ranges::find_if(file_.peers, [&](const PeerPolicy& policy) {
    return policy.from == from && policy.to == to;
  });
  return found == file_.peers.end() ? nullptr : &*found;
}

bool SimulatedMachine::can_access(int from, int to) const {
  const PeerPolicy* pair = policy(from, to);
  return from != to && pair != nullptr && pair->access;
}

cudaError_t SimulatedMachine::enable_peer(int from, int to) {
  if (from == to) return cudaErrorInvalidDevice;
  if (!can_access(from, to)) return cudaErrorPeerAccessUnsupported;
  if (peer_enabled(from, to)) return cudaErrorPeerAccessAlreadyEnabled;
  const auto enabled =
      std::ranges::count_if(peers_, [&](const auto& pair) { return pair.first == from; });
  if (enabled >= most_peers) return cudaErrorTooManyPeers;
  peers_.insert({from, to});
  return cudaSuccess;
}

cudaError_t SimulatedMachine::disable_peer(int from, int to) {
  if (from == to) return cudaErrorInvalidDevice;
  return peers_.erase({from, to}) > 0 ? cudaSuccess : cudaErrorPeerAccessNotEnabled;
}

void SimulatedMachine::reset_gpu(int gpu) {
  drain();
  sticky_ = cudaSuccess;
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

}  // namespace peerbench::sim
