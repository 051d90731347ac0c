// SPDX-License-Identifier: Apache-2.0
// What a transfer does with its memory: one strategy for each operation of an engine, in a file of
// its own, chosen from one table. A strategy holds nothing; what belongs to one transfer is in its
// TransferMemory. Streams, events and the window around them are TransferStream's and Runner's.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernels/pingpong.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

/// The arrays of one transfer, and what its operation has to remember between filling them and
/// verifying what was done to them.
struct TransferMemory {
  Transfer transfer;
  /// Whether it goes through the issuer's window onto another GPU's memory.
  bool pushes = false;
  /// Whether the host fills the arrays and checks them, for want of kernels.
  bool by_host = false;
  /// Blocks of a kernel's launch.
  unsigned blocks = 0;
  Buffer source;       ///< what is read
  Buffer second;       ///< the other array that is read, where there are two
  Buffer destination;  ///< what is written: an array, or what a kernel keeps of its reads
  std::uint64_t seed = 0;
  /// How often it was queued since it was filled.
  std::uint64_t launches = 0;
  /// Of a ping-pong: the mailbox in the issuer's memory, where the other side's messages end, and
  /// whether the issuer is the one that begins.
  kernels::Mailbox* own_mailbox = nullptr;
  bool serves = false;
  /// Where memory of the host lies; empty where there is nothing to say.
  std::string note;
};

class Operation {
 public:
  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  virtual ~Operation() = default;

  /// Whether a kernel of the issuer does it, which takes multiprocessors from others.
  virtual bool is_kernel() const { return true; }
  /// Fails with ErrorKind::unsupported where the transfer's ends, issuer or size are not what the
  /// operation is for.
  virtual Expected<void> check(const Transfer& transfer) const = 0;
  /// Allocates the arrays.
  virtual Expected<void> allocate(TransferMemory& memory) const = 0;
  /// Called for the first transfer of a plan when the memory of `all` is there, for transfers that
  /// must know of each other.
  virtual Expected<void> join(std::span<TransferMemory* const> /*all*/) const { return {}; }
  /// Fills what is read with data of `seed`, on the owner's side.
  virtual Expected<void> fill(const TransferMemory& memory, std::uint64_t seed) const = 0;
  /// Queues it once on the stream of the issuer, which is the current device.
  virtual Expected<void> queue(const TransferMemory& memory, cudaStream_t stream) const = 0;
  /// Fails with ErrorKind::hang if what was queued, and has ended, gave up waiting.
  virtual Expected<void> check_timed_out(const TransferMemory& /*memory*/) const { return {}; }
  /// Checks on the owner's side what fill(seed) and everything queued since must have left. Returns
  /// an empty string, or what is wrong.
  virtual Expected<std::string> verify(const TransferMemory& memory, std::uint64_t seed) const = 0;
};

/// The operation of that engine; null where the engine has none such.
const Operation* operation_for(Engine engine, Op op);
/// Whether the engine has any: it belongs to a GPU, whose events can time it.
bool has_operations(Engine engine);

}  // namespace peerbench::measure
