// SPDX-License-Identifier: Apache-2.0
// Transfers and plans: what moves, from where to where, who issues it, by which engine. Every
// traffic shape (one way, both ways, ring, all-to-all, local copies) is a list of transfers and
// nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/memory_kind.hpp"
#include "base/units.hpp"
#include "kernels/move.hpp"

namespace peerbench::measure {

/// Memory of one GPU or of the host, or the processor beside it when it names an issuer.
struct Place {
  enum class Kind { host, gpu } kind = Kind::gpu;
  int index = 0;
  bool operator==(const Place&) const = default;
};

inline Place gpu(int index) { return {Place::Kind::gpu, index}; }
inline Place host(int index = 0) { return {Place::Kind::host, index}; }

/// "gpu0", "host0".
std::string name(const Place& place);

enum class Engine { ce, sm, cpu, nccl };

/// As it is called in the names of cells.
constexpr const char* name(Engine engine) {
  switch (engine) {
    case Engine::ce:
      return "ce";
    case Engine::sm:
      return "sm";
    case Engine::cpu:
      return "cpu";
    case Engine::nccl:
      break;
  }
  return "nccl";
}

/// What is done to the bytes; read, write and triad are kernels on the issuer's own memory.
using Op = kernels::Move;
using kernels::name;

/// Who writes to the pages first: the GPU's own kernels, or a CPU thread before them.
enum class FirstTouch { gpu, cpu };

/// Bytes that one issuer moves from source to destination. Issued by the source's GPU it is a push
/// (writes cross the link), by the destination's a pull (reads cross).
struct Transfer {
  Place source;
  Place destination;
  Place issuer;
  Engine engine = Engine::ce;
  Bytes bytes = 0;  ///< of each array
  Op op = Op::copy;
  MemoryKind host_memory = MemoryKind::pinned;
  MemoryKind memory = MemoryKind::device;  ///< of ends at a GPU
  FirstTouch first_touch = FirstTouch::gpu;
  /// Managed memory goes back to the host before each sample, so that it comes to the GPU in it.
  bool from_host_each_time = false;
  int host_node = -1;     ///< NUMA node that pinned memory of the host is to lie on; -1: anywhere
  bool far_node = false;  ///< that is another one than the GPU's
  /// Between GPUs, by copy engine: by cudaMemcpyAsync, which finds the GPUs by the addresses
  /// (unified addressing), and not by cudaMemcpyPeerAsync, which is told them.
  bool by_address = false;
  /// Of one launch: loads of a chase that wait for each other, or ways of a ping-pong, two in each
  /// round trip.
  std::uint64_t steps = 1;
  /// Of a chase: bytes from one entry of its list to the next; 0: a line of the L2.
  Bytes stride = 0;
};

/// Whether it goes from one GPU's memory to another's.
bool between_gpus(const Transfer& transfer);

/// Steps of a chase's launch: some milliseconds, so that what a launch costs besides is less than a
/// thousandth of it; a prime, so that no list of usual length brings it back to where it began.
inline constexpr std::uint64_t chase_steps = 8191;

/// Ways of a ping-pong's launch, for the same reason.
inline constexpr std::uint64_t ping_pong_steps = 4096;

/// Transfers that run at the same time. A ping-pong is two of them, there and back.
struct Plan {
  std::vector<Transfer> transfers;
  /// Peer access enabled in both directions of every pair of the plan, for this plan only.
  /// Off: the driver stages through host memory; then push and pull have no meaning.
  bool peer_access = false;
  /// One copy after the other, each timed by the host's clock from the call to where the host sees
  /// its end; else by events, all queued behind a gate.
  bool submission = false;
};

}  // namespace peerbench::measure
